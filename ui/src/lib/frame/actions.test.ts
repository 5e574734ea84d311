import { describe, expect, it } from 'vitest';
import { KeySequence, type Action } from './actions.svelte';

const action = (id: string, keys: string): Action => ({ id, keys, label: id, group: 'test', run: () => {} });
const list = [action('list', 'g d'), action('next', ']'), action('help', '?')];

describe('typed keys', () => {
	it('find an action of one key', () => {
		expect(new KeySequence().press(']', 0, list)?.id).toBe('next');
	});
	it('find an action of two keys typed one after the other', () => {
		const keys = new KeySequence();
		expect(keys.press('g', 0, list)).toBeUndefined();
		expect(keys.press('d', 400, list)?.id).toBe('list');
	});
	it('forget the first key after a second', () => {
		const keys = new KeySequence();
		keys.press('g', 0, list);
		expect(keys.press('d', 1500, list)).toBeUndefined();
	});
	it('do not use one key for two actions', () => {
		const keys = new KeySequence();
		keys.press('g', 0, list);
		keys.press('d', 100, list);
		expect(keys.press('d', 200, list)).toBeUndefined();
	});
});
