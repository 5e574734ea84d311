// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { keepUnsaved } from '$lib/forms/unsaved';
import { keepUnsent } from '$lib/conversation/unsent';
import { forgetKept, hasKept } from './kept';

describe('text that is only on this device', () => {
	it('is found wherever it was typed and forgotten as a whole, and nothing else with it', () => {
		localStorage.clear();
		localStorage.setItem('preferredLanguage', 'en');
		expect(hasKept(localStorage)).toBe(false);
		keepUnsaved(localStorage, 'c', { version: 3, base: {}, mine: { statement: 'Where to live' }, at: '' });
		expect(hasKept(localStorage)).toBe(true);
		keepUnsaved(localStorage, 'd', { version: 1, base: {}, mine: { statement: 'With whom' }, at: '' });
		keepUnsent('c', 'And when?');
		forgetKept(localStorage);
		expect(hasKept(localStorage)).toBe(false);
		expect([localStorage.length, localStorage.getItem('preferredLanguage')]).toEqual([1, 'en']);
	});
	it('is found if there is only an unsent message', () => {
		localStorage.clear();
		keepUnsent('c', 'And when?');
		expect(hasKept(localStorage)).toBe(true);
	});
});
