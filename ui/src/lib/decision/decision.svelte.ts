/**
 * One open decision: what the page shows of it, the commands a person can give, and the live channel that keeps it current. Views are
 * built by the server a moment after a command, so everything a command may have touched is read again when the channel says so, and
 * by ourselves while there is no channel.
 */
import { createContext } from 'svelte';
import { api, asProblem, Problem, socketUrl } from '$lib/api/client';
import type {
	Analysis,
	Component,
	ComponentType,
	Cycle,
	CycleNode,
	CycleSummary,
	Id,
	NewShareLink,
	Outcome,
	OutcomeInput,
	Output,
	OutputsSoFar,
	Overview,
	Revisit,
	Session,
	ShareLink,
	ShareScope
} from '$lib/api/types';
import { LiveChannel } from '$lib/live/channel';
import type { SocketStatus } from '$lib/live/socket';
import { applyFrame, applySnapshot, emptyStore, takeWanted, type LiveStore, type Wanted } from '$lib/live/store';
import { m } from '$lib/paraglide/messages.js';
import { STEPS, type Step } from './steps';

type Named = Exclude<Wanted, `conversation:${string}`>;
type ReadKey = Named | 'revisits';
const ALL: ReadKey[] = ['overview', 'cycle', 'tree', 'session', 'analysis', 'revisits', 'activity'];
/** Frames come in bursts; one reading serves them all. */
const GATHER_MS = 80;
/** Without a channel: how long the server may take to update its views after a command. */
const SETTLE_MS = 1200;
/** How long a change stays marked. */
const HIGHLIGHT_MS = 3000;

export class Decision {
	readonly id: Id;
	session = $state.raw<Session>()!;
	cycle = $state.raw<Cycle | null>(null);
	tree = $state.raw<CycleNode[]>([]);
	analysis = $state.raw<Analysis | null>(null);
	revisits = $state.raw<Revisit[]>([]);
	live = $state.raw<LiveStore>(emptyStore);
	liveStatus = $state<SocketStatus>('closed');
	/** Whoever looks at it may not any more, or it is there no more. */
	isGone = $state(false);
	/** Why the last reading failed, if it did; cleared by the next one that works. */
	problem = $state.raw<Problem | null>(null);
	/** Rises whenever the history has grown. */
	activityTick = $state(0);

	#channel: LiveChannel;
	#pending = new Set<ReadKey>();
	#timer: ReturnType<typeof setTimeout> | undefined;
	#settle: ReturnType<typeof setTimeout> | undefined;
	#fade: ReturnType<typeof setTimeout> | undefined;
	#reading = false;
	#closed = false;
	#conversations = new Map<Id, Set<() => void>>();

	constructor(session: Session) {
		this.id = session.id;
		this.session = session;
		this.#channel = new LiveChannel({
			url: socketUrl(`/api/sessions/${session.id}/live`),
			lastSeq: () => this.live.lastSeq,
			onFrame: (frame) => this.#take(applyFrame(this.live, frame)),
			onStatus: (status) => this.#connection(status)
		});
	}

	get overview(): Overview | null {
		return this.live.overview;
	}
	/** Whether this decision and the shown cycle accept changes from whoever looks at it. */
	get isOpen(): boolean {
		return this.session.status === 'active' && this.cycle?.status === 'active' && this.mayContribute;
	}
	get mayContribute(): boolean {
		return this.session.access !== 'read';
	}
	/** Titles, cycles, outcomes, links. */
	get mayManage(): boolean {
		return this.session.access === 'owner' || this.session.access === 'manage';
	}
	/** The steps that the owner's plan includes. */
	get steps(): readonly Step[] {
		return this.session.has_decision_quality === false ? STEPS.filter(({ type }) => type !== 'decision_quality') : STEPS;
	}
	/** The step that must be complete before the cycle can be. */
	get lastStep(): ComponentType {
		return this.session.has_decision_quality === false ? 'recommendation' : 'decision_quality';
	}
	has(type: ComponentType): boolean {
		return this.steps.some((step) => step.type === type);
	}
	get outputs(): OutputsSoFar {
		const outputs = {} as Record<ComponentType, Output | null>;
		for (const component of this.cycle?.components ?? []) outputs[component.component_type] = component.output;
		return outputs as OutputsSoFar;
	}
	component(type: ComponentType): Component | undefined {
		return this.cycle?.components.find((component) => component.component_type === type);
	}

	// ------------------------------------------------------------ opening and reading

	/** Opens a cycle, or without one the cycle the server thinks best. Null when the decision has no cycle yet. */
	async open(cycleId: Id | null): Promise<Id | null> {
		try {
			let wanted = cycleId;
			if (!wanted) {
				const overview = await api.get<Overview>(`/api/sessions/${this.id}/dashboard`);
				this.live = applySnapshot({ ...this.live, overview: null }, overview);
				wanted = overview.cycleId ?? this.session.cycle_ids.at(-1) ?? null;
			}
			if (!wanted) return null;
			if (this.live.overview && this.live.overview.cycleId !== wanted) this.live = { ...this.live, overview: null };
			const cycle = await api.get<Cycle>(`/api/cycles/${wanted}`);
			if (cycle.session_id !== this.id) {
				throw new Problem({ title: m.decision_cycle_elsewhere(), status: 404, code: 'cycle_not_found' });
			}
			if (this.cycle?.id !== cycle.id) {
				this.analysis = null;
				this.revisits = [];
			}
			this.cycle = cycle;
			this.problem = null;
			this.want(['overview', 'tree', 'analysis', 'revisits']);
			return wanted;
		} catch (thrown) {
			this.problem = asProblem(thrown, m.frame_error_unexpected());
			return cycleId;
		}
	}

	connect(): void {
		this.#channel.connect();
	}
	reconnect(): void {
		this.#channel.retryNow();
	}
	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		clearTimeout(this.#settle);
		clearTimeout(this.#fade);
		this.#channel.close();
	}

	/** Calls back when something was said in a conversation, by anyone. */
	onConversation(conversationId: Id, run: () => void): () => void {
		const listeners = this.#conversations.get(conversationId) ?? new Set();
		listeners.add(run);
		this.#conversations.set(conversationId, listeners);
		return () => listeners.delete(run);
	}

	/** Reads these again soon, together with whatever else is due. */
	want(keys: readonly ReadKey[]): void {
		for (const key of keys) this.#pending.add(key);
		if (this.#closed) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#read(), GATHER_MS);
	}
	refresh(): void {
		this.want(ALL);
	}

	/** The server ends the connections of those whose rights have changed: what they may still do, the session tells. */
	#connection(status: SocketStatus): void {
		this.liveStatus = status;
		if (status === 'waiting') this.want(['session']);
	}
	#gone(): void {
		this.isGone = true;
		this.cycle = this.analysis = null;
		this.tree = [];
		this.revisits = [];
		this.live = emptyStore;
		this.close();
	}

	#take(store: LiveStore): void {
		if (store.needsState && !this.live.needsState) this.#channel.requestState();
		const wanted = store.wanted;
		this.live = takeWanted(store);
		if (store.changes.length) {
			clearTimeout(this.#fade);
			this.#fade = setTimeout(() => (this.live = { ...this.live, changes: [] }), HIGHLIGHT_MS);
		}
		for (const key of wanted) {
			if (key.startsWith('conversation:')) {
				for (const run of this.#conversations.get(key.slice('conversation:'.length)) ?? []) run();
			}
		}
		const keys = wanted.filter((key): key is Named => !key.startsWith('conversation:'));
		if (keys.length) this.want(keys);
	}

	async #read(): Promise<void> {
		if (this.#reading) return this.want([]);
		this.#reading = true;
		try {
			const due = [...this.#pending];
			this.#pending.clear();
			await Promise.all(due.map((key) => this.#readOne(key)));
			this.problem = null;
		} catch (thrown) {
			this.problem = asProblem(thrown, m.frame_error_unexpected());
		} finally {
			this.#reading = false;
			if (this.#pending.size) this.want([]);
		}
	}

	async #readOne(key: ReadKey): Promise<void> {
		const cycleId = this.cycle?.id;
		const stillShown = () => this.cycle?.id === cycleId;
		switch (key) {
			case 'session':
				return this.#readSession();
			case 'tree':
				this.tree = await api.get<CycleNode[]>(`/api/sessions/${this.id}/cycle-tree`);
				return;
			case 'activity':
				this.activityTick += 1;
				return;
		}
		if (!cycleId) return;
		if (key === 'overview') {
			const overview = await api.get<Overview>(`/api/sessions/${this.id}/dashboard?cycleId=${cycleId}`);
			if (stillShown()) this.live = applySnapshot(this.live, overview);
		} else if (key === 'cycle') {
			const cycle = await api.get<Cycle>(`/api/cycles/${cycleId}`);
			if (stillShown()) this.cycle = cycle;
		} else if (key === 'analysis') {
			const analysis = await api.get<Analysis>(`/api/cycles/${cycleId}/analysis`);
			if (stillShown()) this.analysis = analysis;
		} else {
			const revisits = await api.list<Revisit>(`/api/cycles/${cycleId}/revisits`);
			if (stillShown()) this.revisits = revisits.data;
		}
	}

	async #readSession(): Promise<void> {
		try {
			this.session = await api.get<Session>(`/api/sessions/${this.id}`);
		} catch (thrown) {
			if (thrown instanceof Problem && thrown.status === 404) return this.#gone();
			// While nobody can be reached, the sign of the channel says so.
			if (thrown instanceof Problem && thrown.isOffline && this.liveStatus !== 'open') return;
			throw thrown;
		}
	}

	/** After a command: read what it may have touched now, and once more later if no channel will tell. */
	#touched(...keys: ReadKey[]): void {
		this.want(keys);
		if (this.liveStatus === 'open') return;
		clearTimeout(this.#settle);
		this.#settle = setTimeout(() => this.want(keys), SETTLE_MS);
	}

	// ------------------------------------------------------------ commands on components

	#path(type: ComponentType): string {
		return `/api/cycles/${this.cycle!.id}/components/${type}`;
	}
	/** Puts the answer of a command in place at once; `can_start` of the others follows with the next reading. */
	#replace(component: Component): Component {
		if (this.cycle?.id === component.cycle_id) {
			const components = this.cycle.components.map((known) => (known.component_type === component.component_type ? component : known));
			this.cycle = { ...this.cycle, components };
		}
		return component;
	}
	async start(type: ComponentType): Promise<Component> {
		const component = this.#replace(await api.post<Component>(`${this.#path(type)}/start`));
		this.#touched('cycle', 'overview', 'tree');
		return component;
	}
	async save(type: ComponentType, output: Output, expected_version: number): Promise<Component> {
		try {
			const component = this.#replace(await api.put<Component>(this.#path(type), { output, expected_version }));
			this.#touched('cycle', 'overview', 'analysis', 'tree');
			return component;
		} catch (thrown) {
			// Someone else was faster: the form needs their version to show both.
			if (thrown instanceof Problem && thrown.code === 'concurrency_conflict') await this.reload(type);
			throw thrown;
		}
	}
	async reload(type: ComponentType): Promise<Component> {
		return this.#replace(await api.get<Component>(this.#path(type)));
	}
	async complete(type: ComponentType): Promise<Component> {
		const component = this.#replace(await api.post<Component>(`${this.#path(type)}/complete`));
		this.#touched(...ALL);
		return component;
	}
	async revise(type: ComponentType, reason: string): Promise<Component> {
		const component = this.#replace(await api.post<Component>(`${this.#path(type)}/revise`, { reason }));
		this.#touched('cycle', 'overview', 'tree');
		return component;
	}
	/** What a confirmed draft has made of a component. */
	confirmed(component: Component): void {
		this.#replace(component);
		this.#touched('cycle', 'overview', 'analysis', 'tree');
	}
	async resolveRevisit(id: Id, decision: 'accept' | 'dismiss', reason?: string): Promise<void> {
		await api.post(`/api/cycles/${this.cycle!.id}/revisits/${id}/resolve`, { decision, ...(reason ? { reason } : {}) });
		this.#touched('revisits', 'cycle', 'overview');
	}

	// ------------------------------------------------------------ commands on cycles and the session

	/** Tells the server where the work is now, so that everyone else and the next visit begin there. */
	async navigate(to: ComponentType): Promise<void> {
		const cycle = this.cycle;
		if (!cycle || !this.isOpen || cycle.current_step === to) return;
		const component = this.component(to);
		if (!component || (component.status === 'not_started' && !component.can_start)) return;
		await api.post(`/api/cycles/${cycle.id}/navigate`, { to });
		if (this.cycle?.id === cycle.id) this.cycle = { ...this.cycle, current_step: to };
	}
	async branch(from: Id, branchPoint: ComponentType, label: string): Promise<Cycle> {
		const body = { branch_point: branchPoint, ...(label.trim() ? { label: label.trim() } : {}) };
		const cycle = await api.post<Cycle>(`/api/cycles/${from}/branch`, body);
		this.#touched('tree', 'session');
		return cycle;
	}
	async begin(label = ''): Promise<CycleSummary> {
		const cycle = await api.post<CycleSummary>(`/api/sessions/${this.id}/cycles`, label ? { label } : {});
		this.#touched('tree', 'session');
		return cycle;
	}
	async completeCycle(): Promise<void> {
		await api.post(`/api/cycles/${this.cycle!.id}/complete`);
		this.#touched(...ALL);
	}
	async archiveCycle(): Promise<void> {
		await api.post(`/api/cycles/${this.cycle!.id}/archive`);
		this.#touched(...ALL);
	}
	async describe(change: { title?: string; description?: string | null }): Promise<void> {
		this.session = await api.patch<Session>(`/api/sessions/${this.id}`, change);
		this.#touched('overview');
	}
	async archive(): Promise<void> {
		await api.delete(`/api/sessions/${this.id}`);
		this.#touched('session', 'overview');
	}
	async links(): Promise<ShareLink[]> {
		return (await api.list<ShareLink>(`/api/sessions/${this.id}/share-links`)).data;
	}
	async share(link: { scope: ShareScope; expires_at: string }): Promise<NewShareLink> {
		return api.post<NewShareLink>(`/api/sessions/${this.id}/share-links`, link);
	}
	async revoke(link: Id): Promise<void> {
		await api.delete(`/api/sessions/${this.id}/share-links/${link}`);
	}
	async recordOutcome(outcome: OutcomeInput): Promise<void> {
		await api.post(`/api/sessions/${this.id}/outcomes`, outcome);
	}
	async outcomes(): Promise<Outcome[]> {
		return (await api.list<Outcome>(`/api/sessions/${this.id}/outcomes`)).data;
	}
}

export const [useDecision, provideDecision] = createContext<Decision>();
