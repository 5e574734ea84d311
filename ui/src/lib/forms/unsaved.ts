/**
 * What was typed and not yet saved, kept on this device: per component and version, so that it survives a closed tab, and a
 * newer version on the server is noticed when it comes back.
 */
export interface Unsaved {
	version: number;
	/** The output the typing started from, and what it became. */
	base: unknown;
	mine: unknown;
	at: string;
}

type Keeper = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

const PREFIX = 'althing.unsaved.';

function keysOf(keeper: Keeper, prefix: string): string[] {
	return Array.from({ length: keeper.length }, (_, at) => keeper.key(at)).filter((key): key is string => key?.startsWith(prefix) ?? false);
}

/** Keeps the latest typing. False when this device has no room or forbids it. */
export function keepUnsaved(keeper: Keeper, componentId: string, unsaved: Unsaved): boolean {
	try {
		forgetUnsaved(keeper, componentId, unsaved.version);
		keeper.setItem(`${PREFIX}${componentId}.${unsaved.version}`, JSON.stringify(unsaved));
		return true;
	} catch {
		return false;
	}
}

/** The typing for a component, of whatever version; the newest if there are several. */
export function findUnsaved(keeper: Keeper, componentId: string): Unsaved | null {
	const found = keysOf(keeper, `${PREFIX}${componentId}.`).flatMap((key) => {
		try {
			const unsaved = JSON.parse(keeper.getItem(key) ?? 'null') as Unsaved | null;
			return unsaved && typeof unsaved.version === 'number' && unsaved.mine ? [unsaved] : [];
		} catch {
			keeper.removeItem(key);
			return [];
		}
	});
	return found.sort((a, b) => b.version - a.version)[0] ?? null;
}

/** Forgets the typing for a component; with `except` that version stays. */
export function forgetUnsaved(keeper: Keeper, componentId: string, except?: number): void {
	for (const key of keysOf(keeper, `${PREFIX}${componentId}.`)) {
		if (key !== `${PREFIX}${componentId}.${except}`) keeper.removeItem(key);
	}
}
