/**
 * What can be done right now: the command palette lists it, the shortcut sheet explains it, and its keys trigger it. Pages register
 * their own while they are open.
 */
import { untrack } from 'svelte';

export interface Action {
	id: string;
	label: string;
	/** Heading in the palette and the shortcut sheet. */
	group: string;
	/** One key (`n`, `?`, `]`) or two typed one after the other (`g d`). Never with a modifier. */
	keys?: string;
	/** Further words to find it by. */
	words?: string;
	/** Only in the shortcut sheet, or only in the palette. */
	hideIn?: 'palette' | 'sheet';
	run: () => void;
}

class Actions {
	#sets = $state.raw<{ owner: symbol; isFrame: boolean; list: () => Action[] }[]>([]);

	/** All that is possible now; what the page offers comes before what the frame always offers. */
	get list(): Action[] {
		return [...this.#sets].sort((a, b) => Number(a.isFrame) - Number(b.isFrame)).flatMap((set) => set.list());
	}

	/** Adds actions until the returned function is called; fits `$effect(() => actions.offer(…))`. */
	offer(list: () => Action[], options: { isFrame?: boolean } = {}): () => void {
		const owner = Symbol('actions');
		// Offering from within an effect must not make that effect depend on what others offer.
		untrack(() => (this.#sets = [...this.#sets, { owner, isFrame: options.isFrame ?? false, list }]));
		return () => untrack(() => (this.#sets = this.#sets.filter((set) => set.owner !== owner)));
	}
}

export const actions = new Actions();

/** Follows typed keys and finds the action that they spell. Pure apart from its own memory, so that it can be tested. */
export class KeySequence {
	#before = '';
	#at = 0;

	/** Answers the action for this key, if there is one. A second key counts within a second of the first. */
	press(key: string, now: number, list: Action[]): Action | undefined {
		const two = now - this.#at < 1000 && this.#before ? `${this.#before} ${key}` : '';
		this.#before = key;
		this.#at = now;
		const found = (two && list.find((action) => action.keys === two)) || list.find((action) => action.keys === key);
		if (found) this.#before = '';
		return found || undefined;
	}
}

/** Keys belong to the text while someone is typing, and to the widget while a grid, menu or dialog has the focus. */
export function takesKeys(target: EventTarget | null): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (target.isContentEditable) return true;
	if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
	return Boolean(target.closest('[role=grid],[role=menu],[role=listbox],[role=slider],dialog'));
}
