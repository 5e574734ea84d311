/**
 * Two versions of one output that grew from the same third: what differs, whose change it is, and the output that results from
 * picking. Lists of items with ids are compared item by item; everything else field by field.
 */
export type Side = 'mine' | 'theirs';

export interface Difference {
	/** Field names and item ids from the output down. */
	path: string[];
	/** Undefined where that side does not have it. */
	mine: unknown;
	theirs: unknown;
	/** Both sides changed it, in different ways. */
	both: boolean;
	/** The side that changed it; one's own when both did. */
	suggested: Side;
}

type Item = { id: string };

/** Whether two values say the same, whatever the order of their keys; a missing key is the same as an undefined one. */
export function same(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
	for (const key of Object.keys(left)) if (!same(left[key], right[key])) return false;
	for (const key of Object.keys(right)) if (!(key in left) && right[key] !== undefined) return false;
	return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isItems(value: unknown): value is Item[] {
	return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && typeof item.id === 'string');
}

/** Entries by key: fields of an object, or items of a list by id. Null when the value is neither. */
function entriesOf(value: unknown): Map<string, unknown> | null {
	if (isItems(value)) return new Map(value.map((item) => [item.id, item]));
	if (Array.isArray(value) && value.length === 0) return new Map();
	return isObject(value) ? new Map(Object.entries(value)) : null;
}

/** Everything in which `mine` and `theirs` differ, in the order of mine. */
export function differences(base: unknown, mine: unknown, theirs: unknown, path: string[] = []): Difference[] {
	if (same(mine, theirs)) return [];
	const left = entriesOf(mine);
	const right = entriesOf(theirs);
	const alike = left && right && (Array.isArray(mine) === Array.isArray(theirs)) && (left.size > 0 || right.size > 0);
	if (alike) {
		const origin = entriesOf(base) ?? new Map<string, unknown>();
		const keys = [...new Set([...left.keys(), ...right.keys()])];
		return keys.flatMap((key) => {
			const [a, b] = [left.get(key), right.get(key)];
			if (a === undefined || b === undefined) return a === b ? [] : [leaf(origin.get(key), a, b, [...path, key])];
			return differences(origin.get(key), a, b, [...path, key]);
		});
	}
	return [leaf(base, mine, theirs, path)];
}

function leaf(base: unknown, mine: unknown, theirs: unknown, path: string[]): Difference {
	const mineChanged = !same(base, mine);
	const theirsChanged = !same(base, theirs);
	return { path, mine, theirs, both: mineChanged && theirsChanged, suggested: mineChanged ? 'mine' : 'theirs' };
}

/** `mine` with every difference for which `pick` says so replaced by theirs. Nothing is changed in place. */
export function merged<T>(mine: T, found: readonly Difference[], pick: (difference: Difference) => Side): T {
	const result = JSON.parse(JSON.stringify(mine)) as T;
	for (const difference of found) {
		if (pick(difference) === 'theirs') put(result, difference.path, difference.theirs);
	}
	return result;
}

function put(root: unknown, path: string[], value: unknown): void {
	let place = root;
	for (const step of path.slice(0, -1)) {
		place = Array.isArray(place)
			? (place as Item[]).find((item) => item.id === step)
			: (place as Record<string, unknown>)[step];
		if (place === null || typeof place !== 'object') return;
	}
	const last = path.at(-1);
	if (last === undefined) return;
	const copy: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
	if (Array.isArray(place)) {
		const at = (place as Item[]).findIndex((item) => item.id === last);
		if (copy === undefined) place.splice(at, at < 0 ? 0 : 1);
		else if (at < 0) place.push(copy);
		else place[at] = copy;
	} else if (copy === undefined) {
		delete (place as Record<string, unknown>)[last];
	} else {
		(place as Record<string, unknown>)[last] = copy;
	}
}
