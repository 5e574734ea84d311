import { describe, expect, it } from 'vitest';
import { matchScore } from './match';

describe('finding an action', () => {
	it('takes everything when nothing is typed', () => {
		expect(matchScore('  ', 'Go to decisions')).toBe(1);
	});
	it('prefers the beginning of a word to the middle of one', () => {
		expect(matchScore('arch', 'Archive this decision')).toBeGreaterThan(matchScore('arch', 'Search'));
	});
	it('accepts letters in order and refuses others', () => {
		expect(matchScore('gdec', 'Go to decisions')).toBeGreaterThan(0);
		expect(matchScore('zz', 'Go to decisions')).toBe(0);
	});
});
