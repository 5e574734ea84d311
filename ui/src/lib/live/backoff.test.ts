import { describe, expect, it } from 'vitest';
import { reconnectDelay } from './backoff';

describe('the wait before the next try', () => {
	it('doubles from one second up to thirty', () => {
		const middle = () => 0.5;
		expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => reconnectDelay(attempt, middle))).toEqual([
			1000, 2000, 4000, 8000, 16000, 30000, 30000
		]);
	});
	it('is spread by a quarter to both sides', () => {
		expect(reconnectDelay(2, () => 0)).toBe(3000);
		expect(reconnectDelay(2, () => 1)).toBe(5000);
	});
});
