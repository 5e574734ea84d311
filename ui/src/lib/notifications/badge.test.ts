import { expect, test } from 'vitest';
import { badge } from './badge';

test('the badge is empty without news and ends at 99+', () => {
	expect([0, -1, 1, 99, 100, 5000].map(badge)).toEqual(['', '', '1', '99', '99+', '99+']);
});
