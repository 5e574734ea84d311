/** Identities of rows: ids that go to the server, and keys for rows that have none there. */

/** A random UUID. Works without a secure context too, where `crypto.randomUUID` is missing. */
export function newId(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	bytes[6] = (bytes[6]! & 0x0f) | 0x40;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

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
