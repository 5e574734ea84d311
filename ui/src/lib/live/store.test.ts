import { describe, expect, it } from 'vitest';
import { COMPONENT_TYPES, type LiveFrame, type Overview } from '$lib/api/types';
import { applyFrame, applySnapshot, emptyStore, takeWanted, type LiveStore } from './store';

const NOW = '2026-11-21T10:00:00.000000Z';

function overview(change: Partial<Overview> = {}): Overview {
	return {
		sessionId: 's',
		title: 'An office to rent',
		description: null,
		sessionStatus: 'active',
		cycleId: 'c1',
		cycleStatus: 'active',
		cycleLabel: null,
		decisionStatement: null,
		objectives: [],
		alternatives: [],
		consequencesTable: null,
		totals: null,
		recommendation: null,
		dqScore: null,
		dqElements: null,
		dqWeakest: null,
		components: COMPONENT_TYPES.map((type) => ({
			id: `id-${type}`,
			type,
			status: 'not_started',
			version: 1,
			basedOnOlderInput: false
		})),
		progress: { completed: 0, total: 9, percent: 0, currentStep: 'issue_raising' },
		activeCycleId: 'c1',
		cycleCount: 1,
		lastUpdated: NOW,
		snapshotVersion: 2,
		freshness: null,
		...change
	};
}
function event(seq: number, type: string, data: Record<string, unknown> = {}): LiveFrame {
	return { type, data: { sessionId: 's', ...data }, seq, eventId: `e${seq}`, occurredAt: NOW, correlationId: 'k' };
}
function control(seq: number, type: string, data: Record<string, unknown> = {}): LiveFrame {
	return { type, data, seq, eventId: null, occurredAt: NOW, correlationId: null };
}
const of = (componentType: string, more: Record<string, unknown> = {}) => ({ cycleId: 'c1', componentType, ...more });
const run = (store: LiveStore, frames: LiveFrame[]) => frames.reduce(applyFrame, store);
const opened = () => applyFrame(applySnapshot(emptyStore, overview()), control(2, 'connected'));

const walk: LiveFrame[] = [
	event(3, 'component.started', of('issue_raising')),
	event(4, 'component.output_updated', of('issue_raising', { version: 2 })),
	event(5, 'component.completed', of('issue_raising', { progress: { completed: 1, total: 9, percent: 11, currentStep: 'problem_frame' } })),
	event(6, 'session.renamed', { oldTitle: 'An office to rent', newTitle: 'Where to work' }),
	event(7, 'component.marked_for_revision', of('issue_raising')),
	event(8, 'component.output_updated', of('issue_raising', { version: 3 }))
];

/** What a server would answer after the first `count` frames of the walk. */
function freshAfter(count: number): Overview {
	const status = ['not_started', 'in_progress', 'in_progress', 'complete', 'complete', 'needs_revision', 'in_progress'][count]!;
	const done = status === 'complete' ? 1 : 0;
	return overview({
		title: count >= 4 ? 'Where to work' : 'An office to rent',
		snapshotVersion: 2 + count,
		components: overview().components.map((component) =>
			component.type === 'issue_raising'
				? { ...component, status: status as 'complete', version: count >= 6 ? 3 : count >= 2 ? 2 : 1 }
				: component
		),
		progress: { completed: done, total: 9, percent: done ? 11 : 0, currentStep: count >= 3 ? 'problem_frame' : 'issue_raising' }
	});
}

describe('snapshot and frames', () => {
	it('give what a fresh snapshot gives, wherever the snapshot was taken', () => {
		for (let taken = 0; taken <= walk.length; taken++) {
			const start = applyFrame(applySnapshot(emptyStore, freshAfter(taken)), control(2, 'connected'));
			// Frames that the snapshot contains already arrive again, as after a resume.
			expect(run(start, walk).overview).toEqual(freshAfter(walk.length));
		}
	});
	it('ignore a frame that was seen before', () => {
		const once = run(opened(), walk);
		expect(run(once, [walk[5]!, walk[0]!, walk[2]!])).toBe(once);
	});
	it('ask for the state after a gap, and take nothing until it comes', () => {
		const gapped = run(opened(), [walk[0]!, walk[2]!, walk[3]!]);
		expect(gapped.needsState).toBe(true);
		expect(gapped.lastSeq).toBe(3);
		expect(gapped.overview?.title).toBe('An office to rent');
		const state = applyFrame(gapped, control(6, 'state', freshAfter(4) as unknown as Record<string, unknown>));
		expect(state.needsState).toBe(false);
		expect(state.lastSeq).toBe(6);
		expect(run(state, walk).overview).toEqual(freshAfter(walk.length));
	});
	it('ignore unknown types but follow their number', () => {
		const store = applyFrame(opened(), event(3, 'weather.changed'));
		expect(store.lastSeq).toBe(3);
		expect({ ...store.overview, snapshotVersion: 2 }).toEqual(overview());
		expect(store.wanted).toEqual([]);
		expect(store.needsState).toBe(false);
	});
	it('leave the shown cycle alone when another one changes', () => {
		const store = applyFrame(opened(), event(3, 'component.started', { cycleId: 'c2', componentType: 'objectives' }));
		expect(store.overview?.components).toEqual(overview().components);
		expect(store.changes).toEqual([]);
		expect(store.wanted).toContain('tree');
	});
	it('never go back to an older snapshot of the same cycle', () => {
		const store = run(opened(), walk);
		expect(applySnapshot(store, freshAfter(2))).toBe(store);
		expect(applySnapshot(store, overview({ cycleId: 'c2', snapshotVersion: 1 })).overview?.cycleId).toBe('c2');
	});
});

describe('what has to be read again', () => {
	it('is named after an output has changed', () => {
		const store = run(opened(), walk.slice(0, 2));
		expect(store.wanted).toEqual(expect.arrayContaining(['overview', 'cycle', 'analysis']));
		expect(takeWanted(store).wanted).toEqual([]);
		expect(store.changes).toEqual([{ key: 'issue_raising', seq: 4 }]);
	});
	it('names the conversation in which something was said', () => {
		const store = applyFrame(opened(), event(3, 'message.sent', { conversationId: 'v1', role: 'user' }));
		expect(store.wanted).toEqual(['conversation:v1', 'activity']);
	});
	it('is everything when the page is older than the channel', () => {
		const store = applyFrame(applySnapshot(emptyStore, overview({ snapshotVersion: 1 })), control(2, 'connected'));
		expect(store.wanted).toContain('overview');
		expect(opened().wanted).toEqual([]);
	});
	it('read the session again when the server says that it may be used otherwise', () => {
		expect(applyFrame(takeWanted(opened()), control(2, 'access', { access: 'read' })).wanted).toEqual(['session']);
	});
	it('keeps the shown cycle when the state is about another one', () => {
		const state = overview({ cycleId: 'c2', snapshotVersion: 9 });
		const store = applyFrame(opened(), control(9, 'state', state as unknown as Record<string, unknown>));
		expect(store.overview?.cycleId).toBe('c1');
		expect(store.wanted).toContain('overview');
		expect(store.lastSeq).toBe(9);
	});
});

describe('scores', () => {
	it('reach the overview of the cycle they belong to', () => {
		const store = applyFrame(opened(), event(3, 'dq_scores.computed', { cycleId: 'c1', overallScore: 65 }));
		expect(store.overview?.dqScore).toBe(65);
		expect(store.changes).toEqual([{ key: 'quality', seq: 3 }]);
		const other = applyFrame(opened(), event(3, 'dq_scores.computed', { cycleId: 'c2', overallScore: 65 }));
		expect(other.overview?.dqScore).toBeNull();
	});
});

describe('the time of the last change', () => {
	const at = (seconds: number) => `2026-11-21T10:00:0${seconds}.000000Z`;
	const renamed = (seq: number, seconds: number): LiveFrame => ({ ...event(seq, 'session.renamed', { newTitle: `T${seq}` }), occurredAt: at(seconds) });

	it('goes on with what happens', () => {
		expect(run(opened(), [renamed(3, 1), renamed(4, 2)]).overview?.lastUpdated).toBe(at(2));
	});
	it('never goes back when of two that happened almost at once the later comes first', () => {
		const store = run(opened(), [renamed(3, 5), renamed(4, 4)]);
		expect([store.overview?.title, store.overview?.lastUpdated]).toEqual(['T4', at(5)]);
	});
	it('is not changed by what the overview contains already', () => {
		expect(applyFrame(applySnapshot(emptyStore, overview({ snapshotVersion: 9 })), renamed(9, 5)).overview?.lastUpdated).toBe(NOW);
	});
});
