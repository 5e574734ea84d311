/** What all fields of one form share: where errors are, whether anything may be changed, and how rows come back. */
import { createContext, tick } from 'svelte';
import type { OutputsSoFar } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import { toasts } from '$lib/ui/toasts.svelte';
import { controlId, type PlacedError } from './pointers';

/** Opens whatever an element is folded into. */
function reveal(element: Element): void {
	for (let node = element.closest('details'); node; node = node.parentElement?.closest('details') ?? null) node.open = true;
}

export class FormState {
	readonly prefix: string;
	readonly = $state(false);
	/** Outputs of the other components of the cycle, to refer to by name. */
	outputs: OutputsSoFar = $state.raw({} as OutputsSoFar);
	errors: PlacedError[] = $state.raw([]);
	/** Single texts that came from AI, by their path with dots or slashes. */
	aiFields: readonly string[] = $state.raw([]);

	constructor(prefix: string) {
		this.prefix = prefix;
	}

	id(pointer: string): string {
		return controlId(this.prefix, pointer);
	}

	errorAt(pointer: string): string | undefined {
		return this.errors.find((error) => error.pointer === pointer)?.message;
	}

	isFromAi(pointer: string): boolean {
		const path = pointer.slice(1);
		return this.aiFields.some((field) => field.replace(/^\//, '').replaceAll('.', '/') === path);
	}

	/** The first error at a place or anywhere below it, for a list or group that shows it as a whole. */
	errorWithin(pointer: string): boolean {
		return this.errors.some((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
	}

	/** The person has changed this field, so what was wrong with it may not be any more. */
	touched(pointer: string): void {
		if (this.errors.some((error) => error.pointer === pointer)) {
			this.errors = this.errors.filter((error) => error.pointer !== pointer);
		}
	}

	/** Moves focus to the control at a place, or to the nearest one around it. Opens what hides it. */
	async focus(pointer: string): Promise<boolean> {
		await tick();
		for (let place = pointer; place; place = place.slice(0, place.lastIndexOf('/'))) {
			const element = document.getElementById(this.id(place));
			if (!element) continue;
			reveal(element);
			element.scrollIntoView({ block: 'center' });
			element.focus();
			return document.activeElement === element;
		}
		return false;
	}

	/** Moves focus to the first field of the page that has an error, else to the summary of the errors. */
	async focusFirst(host: HTMLElement | undefined): Promise<void> {
		const shown = this.errors
			.flatMap((error) => document.getElementById(this.id(error.pointer)) ?? [])
			.filter((element) => host?.contains(element))
			.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
		shown.forEach(reveal);
		const first = this.errors.find((error) => this.id(error.pointer) === shown[0]?.id);
		if (first && (await this.focus(first.pointer))) return;
		document.getElementById(this.id('/errors'))?.focus();
	}

	/** Offers the way back for something that was just removed. */
	offerUndo(what: string, undo: () => void): void {
		const name = what.trim();
		const text = name ? m.forms_removed_named({ name: [...name].slice(0, 60).join('') }) : m.forms_removed();
		toasts.show(text, { action: { label: m.forms_undo(), run: undo } });
	}
}

export const [form, provideForm] = createContext<FormState>();
