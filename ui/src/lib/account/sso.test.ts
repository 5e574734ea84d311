import { expect, test } from 'vitest';
import { refusalIn, sayRefusal } from './sso';

const said = (query: string) => {
	const refusal = refusalIn(new URL(`http://x/sign-in${query}`));
	return refusal && sayRefusal(refusal).message;
};

test('each refusal has a sentence, a code of the provider is quoted, and nothing else is', () => {
	expect(said('')).toBeNull();
	expect(said('?error=sso_failed&reason=expired')).toContain('took too long');
	expect(said('?error=sso_not_allowed&reason=no_account')).toContain('invite you');
	expect(said('?error=sso_failed&reason=login_required')).toBe('The sign-in provider refused: login_required.');
	expect(said('?error=sso_failed&reason=Call%20555-1234')).toBe('Signing in did not work. Please try again.');
	expect(said('?error=sso_not_allowed&reason=toString')).toBe('You cannot come in this way.');
	expect(said('?error=anything')).toBe('Signing in did not work. Please try again.');
});
