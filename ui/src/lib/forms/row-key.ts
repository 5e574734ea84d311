/** Keys that tell the rows of a list apart. */
const keys = new WeakMap<object, string>();
let next = 1;

/**
 * Tells rows of one list apart, however they are moved: the id, the name of a decision-quality element, or a key that lives as
 * long as the row.
 */
export function keyOf(row: object): string {
	if ('id' in row && typeof row.id === 'string') return row.id;
	if ('score' in row && 'name' in row && typeof row.name === 'string') return row.name;
	let key = keys.get(row);
	if (!key) {
		key = `row-${next++}`;
		keys.set(row, key);
	}
	return key;
}
