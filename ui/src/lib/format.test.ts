import { describe, expect, it } from 'vitest';
import { formatRate, formatSpan } from './format';

describe('how fast and how long', () => {
	it('shows a digit behind the point only where it matters', () => {
		expect([0, 0.04, 1.25, 12.4, 1234.5].map(formatRate)).toEqual(['0', '0', '1.3', '12', '1,235']);
	});
	it('shows the largest whole unit', () => {
		expect([0.4, 59, 125, 7_300, 200_000].map(formatSpan)).toEqual(['0 sec', '59 sec', '2 min', '2 hr', '2 days']);
	});
});
