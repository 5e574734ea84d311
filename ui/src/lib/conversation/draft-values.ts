/** Values of draft items, made editable without knowing their step: texts, numbers, choices and lists of texts. */
import { m } from '$lib/paraglide/messages.js';

export interface EditableField {
	/** Where it is inside the value; empty for a value that is a text itself. */
	path: string[];
	label: string;
	kind: 'text' | 'number' | 'boolean' | 'lines';
	value: unknown;
}

/** Ids, references and labels are not for people to type. */
function isHidden(name: string): boolean {
	return name === 'id' || name.endsWith('_id') || name.endsWith('_ids') || ['added_by', 'ai_fields', 'supports', 'gains', 'losses', 'dominated_by'].includes(name);
}

export function fieldsOf(value: unknown, path: string[] = []): EditableField[] {
	const label = path.length ? words(path.at(-1)!) : m.talk_value();
	if (typeof value === 'string') return [{ path, label, kind: 'text', value }];
	if (typeof value === 'number') return [{ path, label, kind: 'number', value }];
	if (typeof value === 'boolean') return [{ path, label, kind: 'boolean', value }];
	if (Array.isArray(value)) {
		return value.every((entry) => typeof entry === 'string') ? [{ path, label, kind: 'lines', value }] : [];
	}
	if (value !== null && typeof value === 'object') {
		return Object.entries(value)
			.filter(([name]) => !isHidden(name))
			.flatMap(([name, inner]) => fieldsOf(inner, [...path, name]));
	}
	return [];
}

/** The value with one field changed; the original stays as it is. */
export function withField(value: unknown, path: string[], changed: unknown): unknown {
	const [name, ...rest] = path;
	if (name === undefined) return changed;
	return { ...(value as Record<string, unknown>), [name]: withField((value as Record<string, unknown>)[name], rest, changed) };
}

/** "performance_measure" → "Performance measure". */
function words(name: string): string {
	const text = name.replaceAll('_', ' ');
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One line for a changed item: its first telling texts. */
export function describeValue(value: unknown): string {
	return fieldsOf(value)
		.filter((field) => field.kind === 'text' && String(field.value).trim())
		.slice(0, 2)
		.map((field) => String(field.value).trim())
		.join(': ');
}
