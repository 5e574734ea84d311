/**
 * What the page knows of a decision, kept current by the frames of the live channel. Pure: the same snapshot and frames give the same
 * store. Frames carry statuses, summaries and scores; what they do not carry is named in `wanted`, and the page reads it anew.
 */
import type { ComponentStatus, ComponentType, LiveFrame, LiveProgress, Overview } from '$lib/api/types';

/** What the page has to read again. A conversation is named by its own id, `conversation:<id>`. */
export type Wanted = 'overview' | 'cycle' | 'tree' | 'session' | 'analysis' | 'activity' | `conversation:${string}`;

/** A mark for the quiet highlight: what changed, and with which frame. */
export interface Change {
	key: ComponentType | 'title' | 'totals' | 'quality' | 'tree';
	seq: number;
}

export interface LiveStore {
	readonly overview: Overview | null;
	/** The last frame taken; null before the channel has said where it stands. */
	readonly lastSeq: number | null;
	/** Frames are missing: ask the server for its state. */
	readonly needsState: boolean;
	readonly wanted: readonly Wanted[];
	readonly changes: readonly Change[];
}

export const emptyStore: LiveStore = { overview: null, lastSeq: null, needsState: false, wanted: [], changes: [] };

/** Takes an overview read over HTTP. One older than what is already shown of the same cycle is ignored. */
export function applySnapshot(store: LiveStore, overview: Overview): LiveStore {
	const known = store.overview;
	if (known && known.cycleId === overview.cycleId && known.snapshotVersion > overview.snapshotVersion) return store;
	return { ...store, overview };
}

/** The page has noted what it has to read. */
export function takeWanted(store: LiveStore): LiveStore {
	return store.wanted.length ? { ...store, wanted: [] } : store;
}

/** Takes one frame. Frames seen before are ignored; after a gap nothing is taken until the server has sent its state. */
export function applyFrame(store: LiveStore, frame: LiveFrame): LiveStore {
	const isControl = frame.eventId === null;
	if (isControl) return applyControl(store, frame);
	if (store.lastSeq !== null) {
		if (frame.seq <= store.lastSeq) return store;
		if (frame.seq > store.lastSeq + 1) return { ...store, needsState: true };
	}
	const advanced: LiveStore = { ...store, lastSeq: frame.seq };
	// What the overview already contains must not be applied twice; the rest of the page may still need to know.
	const contained = store.overview !== null && frame.seq <= store.overview.snapshotVersion;
	return applyEvent(advanced, frame, contained);
}

function applyControl(store: LiveStore, frame: LiveFrame): LiveStore {
	switch (frame.type) {
		case 'connected': {
			if (store.lastSeq !== null) return store;
			const shown = store.overview?.snapshotVersion;
			// The page was read before the channel stood: whatever happened in between is read again.
			const missed = shown === undefined || shown < frame.seq;
			return want({ ...store, lastSeq: frame.seq }, missed ? ['overview', 'cycle', 'tree', 'session', 'analysis'] : []);
		}
		case 'state': {
			const state = frame.data as unknown as Overview;
			const lastSeq = Math.max(state.snapshotVersion, frame.seq);
			const here = store.overview === null || store.overview.cycleId === state.cycleId;
			const next: LiveStore = { ...store, lastSeq, needsState: false, overview: here ? state : store.overview };
			return want(next, ['cycle', 'tree', 'session', 'analysis', 'activity', ...(here ? [] : (['overview'] as const))]);
		}
		case 'access':
			return want(store, ['session']);
		default:
			return store;
	}
}

/** Frames stand in the order of the log; of two that happened almost at once the later may come first. */
function later(a: string, b: string): string {
	return a > b ? a : b;
}

function applyEvent(store: LiveStore, frame: LiveFrame, contained: boolean): LiveStore {
	const data = frame.data;
	const overview = store.overview;
	const ofShownCycle = overview !== null && overview.cycleId !== null && data['cycleId'] === overview.cycleId;
	const type = data['componentType'] as ComponentType | undefined;
	const edit = (change: (overview: Overview) => Partial<Overview>): LiveStore =>
		overview && !contained
			? { ...store, overview: { ...overview, ...change(overview), snapshotVersion: frame.seq, lastUpdated: later(overview.lastUpdated, frame.occurredAt) } }
			: store;
	const component = (status: ComponentStatus | null, version?: number) =>
		ofShownCycle && type ? edit((before) => withComponent(before, type, status, version)) : edit(() => ({}));

	switch (frame.type) {
		case 'session.renamed':
			return mark(want(edit(() => ({ title: String(data['newTitle']) })), ['session', 'activity']), 'title', frame.seq);
		case 'session.described':
			return want(edit(() => ({ description: (data['new'] as string | null) ?? null })), ['session', 'activity']);
		case 'session.archived':
			return want(edit(() => ({ sessionStatus: 'archived' })), ['session', 'cycle', 'activity']);
		case 'session.created':
		case 'session.outcome_recorded':
			return want(edit(() => ({})), ['session', 'activity']);

		case 'cycle.created':
		case 'cycle.branched':
			return mark(want(edit(() => ({})), ['overview', 'tree', 'session', 'activity']), 'tree', frame.seq);
		case 'cycle.navigated': {
			const to = data['to'] as ComponentType;
			const next = ofShownCycle ? edit((before) => ({ progress: { ...before.progress, currentStep: to } })) : edit(() => ({}));
			return want(next, ['activity']);
		}
		case 'cycle.archived':
		case 'cycle.completed': {
			const cycleStatus = frame.type === 'cycle.archived' ? ('archived' as const) : ('completed' as const);
			const score = data['dqScore'] as number | null | undefined;
			const change = { cycleStatus, ...(frame.type === 'cycle.completed' ? { dqScore: score ?? null } : {}) };
			return want(ofShownCycle ? edit(() => change) : edit(() => ({})), ['cycle', 'tree', 'session', 'overview', 'activity']);
		}

		case 'component.started':
			return marked(want(component('in_progress'), ['cycle', 'tree', 'activity']), type, ofShownCycle, frame.seq);
		case 'component.output_updated': {
			const resumed = overview?.components.find((known) => known.type === type)?.status === 'needs_revision';
			const next = component(resumed ? 'in_progress' : null, data['version'] as number | undefined);
			return marked(want(next, ['overview', 'cycle', 'analysis', 'tree', 'activity']), type, ofShownCycle, frame.seq);
		}
		case 'component.completed': {
			const next = component('complete');
			const step = (data['progress'] as LiveProgress | undefined)?.currentStep;
			const moved =
				ofShownCycle && step && next.overview && !contained
					? { ...next, overview: { ...next.overview, progress: { ...next.overview.progress, currentStep: step } } }
					: next;
			return marked(want(moved, ['cycle', 'tree', 'analysis', 'activity']), type, ofShownCycle, frame.seq);
		}
		case 'component.marked_for_revision':
			return marked(want(component('needs_revision'), ['cycle', 'tree', 'activity']), type, ofShownCycle, frame.seq);

		case 'pugh_scores.computed':
		case 'tradeoffs.analyzed':
			return markIf(ofShownCycle, want(edit(() => ({})), ['overview', 'analysis', 'activity']), 'totals', frame.seq);
		case 'dq_scores.computed': {
			const score = data['overallScore'] as number | null | undefined;
			const next = ofShownCycle ? edit(() => ({ dqScore: score ?? null })) : edit(() => ({}));
			return markIf(ofShownCycle, want(next, ['overview', 'analysis', 'tree', 'session', 'activity']), 'quality', frame.seq);
		}

		case 'conversation.started':
		case 'message.sent':
		case 'conversation.data_extracted':
		case 'conversation.completed':
			return want(edit(() => ({})), [`conversation:${String(data['conversationId'])}`, 'activity']);

		default:
			// Unknown types are none of our business, but the snapshot number has to follow the channel.
			return edit(() => ({}));
	}
}

/** Changes one component, and counts progress anew instead of adding to it, so that a repeated frame does no harm. */
function withComponent(
	overview: Overview,
	type: ComponentType,
	status: ComponentStatus | null,
	version: number | undefined
): Partial<Overview> {
	const components = overview.components.map((known) =>
		known.type === type ? { ...known, status: status ?? known.status, version: version ?? known.version } : known
	);
	const completed = components.filter((known) => known.status === 'complete').length;
	const total = overview.progress.total;
	return {
		components,
		progress: { ...overview.progress, completed, percent: total ? Math.floor((100 * completed) / total) : 0 }
	};
}

function want(store: LiveStore, wanted: readonly Wanted[]): LiveStore {
	const more = wanted.filter((entry) => !store.wanted.includes(entry));
	return more.length ? { ...store, wanted: [...store.wanted, ...more] } : store;
}

function mark(store: LiveStore, key: Change['key'], seq: number): LiveStore {
	return { ...store, changes: [...store.changes.filter((change) => change.key !== key), { key, seq }] };
}
function markIf(condition: boolean, store: LiveStore, key: Change['key'], seq: number): LiveStore {
	return condition ? mark(store, key, seq) : store;
}
function marked(store: LiveStore, type: ComponentType | undefined, condition: boolean, seq: number): LiveStore {
	return type ? markIf(condition, store, type, seq) : store;
}
