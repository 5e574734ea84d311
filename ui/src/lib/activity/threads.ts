/** History as cause and effect: each thread begins with what a person did, followed by what it led to. */
import type { ActivityEntry } from '$lib/api/types';

export interface ThreadEntry {
	entry: ActivityEntry;
	/** 0 for the cause, 1 for its effects, 2 for theirs, … */
	depth: number;
}
export interface Thread {
	/** Newest happening in the thread; threads are ordered by it. */
	latest: number;
	entries: ThreadEntry[];
	/** The cause is older than what has been read so far. */
	causeMissing: boolean;
}

/** Newest thread first; within a thread causes come before their effects, effects in the order they happened. */
export function threadsOf(entries: readonly ActivityEntry[]): Thread[] {
	const byId = new Map(entries.map((entry) => [entry.event_id, entry]));
	const effects = new Map<string, ActivityEntry[]>();
	const roots: ActivityEntry[] = [];
	for (const entry of byId.values()) {
		const cause = entry.caused_by;
		if (cause && cause !== entry.event_id && byId.has(cause)) effects.set(cause, [...(effects.get(cause) ?? []), entry]);
		else roots.push(entry);
	}
	const walk = (entry: ActivityEntry, depth: number): ThreadEntry[] => [
		{ entry, depth },
		...(effects.get(entry.event_id) ?? []).sort((a, b) => a.position - b.position).flatMap((effect) => walk(effect, depth + 1))
	];
	return roots
		.map((root) => {
			const thread = walk(root, 0);
			return {
				latest: Math.max(...thread.map(({ entry }) => entry.position)),
				entries: thread,
				causeMissing: root.caused_by !== null
			};
		})
		.sort((a, b) => b.latest - a.latest);
}

/** One list out of two readings, newest first, each event once. */
export function mergeEntries(known: readonly ActivityEntry[], read: readonly ActivityEntry[]): ActivityEntry[] {
	const byId = new Map([...known, ...read].map((entry) => [entry.event_id, entry]));
	return [...byId.values()].sort((a, b) => b.position - a.position);
}
