import { describe, expect, it } from 'vitest';
import type { ActivityEntry } from '$lib/api/types';
import { mergeEntries, threadsOf } from './threads';

function entry(position: number, caused_by: string | null = null): ActivityEntry {
	return {
		event_id: `e${position}`,
		event_type: 'component.started',
		occurred_at: '2026-01-01T00:00:00Z',
		actor: null,
		caused_by,
		correlation_id: 'k',
		cycle_id: null,
		component_type: null,
		position,
		summary: ''
	};
}
const shape = (entries: ActivityEntry[]) =>
	threadsOf(entries).map((thread) => thread.entries.map(({ entry: { position }, depth }) => [position, depth]));

describe('cause and effect', () => {
	it('puts effects below their cause, in the order they happened', () => {
		expect(shape([entry(4, 'e2'), entry(3, 'e1'), entry(2, 'e1'), entry(1)])).toEqual([
			[
				[1, 0],
				[2, 1],
				[4, 2],
				[3, 1]
			]
		]);
	});
	it('shows the thread with the newest event first', () => {
		expect(shape([entry(5, 'e1'), entry(3), entry(1)])).toEqual([[[1, 0], [5, 1]], [[3, 0]]]);
	});
	it('says when a cause is older than what was read', () => {
		const [thread] = threadsOf([entry(9, 'e2')]);
		expect(thread).toMatchObject({ causeMissing: true });
		expect(thread?.entries).toHaveLength(1);
	});
	it('merges readings without repeating an event', () => {
		expect(mergeEntries([entry(2), entry(1)], [entry(3), entry(2)]).map((found) => found.position)).toEqual([3, 2, 1]);
	});
});
