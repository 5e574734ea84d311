/** Text that was typed and is only on this device: forms not yet saved, messages not yet sent. */
const PREFIXES = ['althing.unsaved.', 'althing.unsent.'];

function keptKeys(storage: Pick<Storage, 'length' | 'key'>): string[] {
	const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
	return keys.filter((key) => PREFIXES.some((prefix) => key.startsWith(prefix)));
}
export function hasKept(storage: Pick<Storage, 'length' | 'key'>): boolean {
	return keptKeys(storage).length > 0;
}
export function forgetKept(storage: Pick<Storage, 'length' | 'key' | 'removeItem'>): void {
	for (const key of keptKeys(storage)) storage.removeItem(key);
}
