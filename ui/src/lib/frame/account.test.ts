import { describe, expect, it } from 'vitest';
import { returnPath } from './account.svelte';

describe('the way back after signing in', () => {
	it('leads to the page that asked for it', () => {
		expect(returnPath('/decisions/1?step=objectives')).toBe('/decisions/1?step=objectives');
	});
	it('never leads to another site', () => {
		for (const address of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
			expect(returnPath(address)).toBe('/decisions');
		}
	});
	it('does not lead back to the door', () => {
		expect(returnPath('/sign-in?return_to=/x')).toBe('/decisions');
		for (const page of ['/setup', '/register', '/confirm', '/invitation']) expect(returnPath(page)).toBe('/decisions');
		expect(returnPath(null)).toBe('/decisions');
	});
});
