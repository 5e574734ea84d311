/** One decision, finished up to the recommendation, for looking at the pages without a server. Times and ids are fixed. */
import type {
	ActivityEntry,
	Analysis,
	CatalogueEntry,
	Component,
	ComponentStatus,
	ComponentType,
	Conversation,
	Cycle,
	CycleNode,
	DeadLetter,
	Instance,
	InstanceSettings,
	OpenSession,
	Notification,
	NotificationPreferences,
	Output,
	Overview,
	Rating,
	Revisit,
	Session,
	Subscription,
	User
} from '../../src/lib/api/types';

export const NOW = '2026-11-21T10:00:00.000000Z';
const uuid = (group: number, number: number) =>
	`00000000-0000-7${String(group).padStart(3, '0')}-8000-${String(number).padStart(12, '0')}`;

export const user: User = { id: uuid(1, 1), first_name: 'Astrid', last_name: 'Lund', email: 'astrid@example.org', instance_role: 'owner' };
export const openSessions: OpenSession[] = [
	{ id: uuid(16, 1), current: true, signed_in_at: NOW, expires_at: NOW, user_agent: null }
];
export const S1 = uuid(2, 1);
export const C1 = uuid(3, 1);
export const C2 = uuid(3, 2);
export const C3 = uuid(3, 3);

const TYPES: ComponentType[] = [
	'issue_raising',
	'problem_frame',
	'objectives',
	'alternatives',
	'consequences',
	'tradeoffs',
	'recommendation',
	'decision_quality',
	'notes_next_steps'
];

export function session(change: Partial<Session> = {}): Session {
	return {
		id: S1,
		title: 'Which office to rent',
		description: 'The lease on the Kirkegata rooms ends in June.',
		owner_id: user.id,
		owner: { id: user.id, name: `${user.first_name} ${user.last_name}` },
		workspace_id: null,
		project_id: null,
		visibility: 'private',
		status: 'active',
		cycle_ids: [C1, C2],
		created_at: '2026-11-18T09:00:00.000000Z',
		updated_at: NOW,
		dq_score: 65,
		has_decision_quality: true,
		completed_cycles: 0,
		access: 'owner',
		...change
	};
}
export const sessions: Session[] = [
	session(),
	session({
		id: uuid(2, 2),
		title: 'Hire a second developer, or wait a year',
		description: null,
		dq_score: null,
		cycle_ids: [],
		updated_at: '2026-11-20T16:20:00.000000Z'
	}),
	session({
		id: uuid(2, 3),
		title: 'How should the cooperative heat the greenhouse over the next ten winters, given the price of wood pellets?',
		description: 'Three suppliers have answered. The board meets in January.',
		dq_score: 82,
		updated_at: '2026-10-02T08:00:00.000000Z'
	})
];

const ALT = ['Parkway', 'Lombard', 'Baranov', 'Montana'].map((name, at) => ({ id: uuid(5, at + 1), name, letter: 'ABCD'[at]!, is_status_quo: at === 0 }));
const OBJ = ['Short commute', 'Easy for customers', 'Good services', 'Enough room', 'Low cost'].map((name, at) => ({ id: uuid(6, at + 1), name }));
const RATINGS: Rating[][] = [
	[0, 2, 2, 2],
	[0, 2, 1, 2],
	[0, -1, -2, 0],
	[0, -1, -2, 1],
	[0, 1, 2, -1]
];
const WHY = ['', 'Twenty minutes less for most of us.', 'Closest of all, near the harbour.', 'Same line as now, but fewer stops.'];

const outputs: Partial<Record<ComponentType, Output>> = {
	issue_raising: {
		potential_decisions: [
			{ id: uuid(7, 1), description: 'Which office to rent from July', priority: 'high' },
			{ id: uuid(7, 2), description: 'Whether to keep a meeting room in the old building', priority: 'low', added_by: 'ai' }
		],
		focal_decision_id: uuid(7, 1),
		objectives: [{ id: uuid(7, 3), description: 'A short way to work' }],
		uncertainties: [{ id: uuid(7, 4), description: 'Whether the tram line is extended', driver: 'City council' }],
		considerations: [{ id: uuid(7, 5), text: 'Ingrid cannot climb stairs.' }]
	},
	problem_frame: {
		decision_maker: { name: 'Astrid Lund', role: 'Managing director' },
		focal_decision: {
			statement: 'Which office do we rent for the next five years?',
			scope: { in: ['Town of Bergen'], out: ['Buying'] },
			constraints: [{ type: 'financial', description: 'At most 1,950 a month' }],
			deadline: { date: '2027-01-31', hard: true }
		},
		decision_hierarchy: { already_made: [{ id: uuid(7, 6), statement: 'We stay in town' }], deferred: [] },
		parties: [{ id: uuid(7, 7), name: 'The team', role: 'affected_party', concerns: ['Commute'] }]
	},
	objectives: {
		fundamental_objectives: OBJ.map((objective, at) => ({
			...objective,
			performance_measure: at === 4 ? { metric: 'Rent per month', direction: 'minimize', units: '$', tolerance: '50' } : null
		})),
		means_objectives: [{ id: uuid(7, 8), description: 'Near a tram stop', supports: [OBJ[0]!.id] }]
	},
	alternatives: {
		alternatives: ALT.map(({ id, name, is_status_quo }) => ({ id, name, is_status_quo, description: '', assumptions: [] })),
		status_quo_id: ALT[0]!.id
	},
	consequences: {
		table: {
			alternative_ids: ALT.map((alternative) => alternative.id),
			objective_ids: OBJ.map((objective) => objective.id),
			cells: Object.fromEntries(
				OBJ.flatMap((objective, row) =>
					ALT.map((alternative, column) => [
						`${alternative.id}:${objective.id}`,
						{ alternative_id: alternative.id, objective_id: objective.id, rating: RATINGS[row]![column]!, rationale: row === 0 ? WHY[column] : '' }
					])
				)
			)
		},
		uncertainties: []
	},
	tradeoffs: { dominated_alternatives: [], irrelevant_objectives: [], tensions: [] },
	recommendation: null as never
};

const STATUS: ComponentStatus[] = [
	'complete',
	'complete',
	'complete',
	'complete',
	'complete',
	'in_progress',
	'not_started',
	'not_started',
	'in_progress'
];

export function components(cycle: string, statuses = STATUS): Component[] {
	return TYPES.map((component_type, at) => ({
		id: uuid(4, (cycle === C1 ? 0 : 100) + at + 1),
		cycle_id: cycle,
		component_type,
		status: statuses[at]!,
		version: statuses[at] === 'not_started' ? 1 : 3,
		output: statuses[at] === 'not_started' ? null : (outputs[component_type] ?? null),
		input_versions: {},
		based_on_older_input: cycle === C1 && component_type === 'tradeoffs',
		inherited: false,
		can_start: at === 6,
		updated_at: NOW
	})) as Component[];
}
export function cycle(id: string): Cycle {
	const branch = id === C2;
	return {
		id,
		session_id: S1,
		parent_cycle_id: branch ? C1 : null,
		branch_point: branch ? 'alternatives' : null,
		label: branch ? 'We also look outside town' : null,
		status: 'active',
		current_step: branch ? 'alternatives' : 'tradeoffs',
		progress: branch ? { completed: 3, total: 9, percent: 33 } : { completed: 5, total: 9, percent: 55 },
		dq_score: null,
		created_at: '2026-11-18T09:00:00.000000Z',
		updated_at: NOW,
		completed_at: null,
		components: components(
			id,
			branch
				? ['complete', 'complete', 'complete', 'needs_revision', 'not_started', 'not_started', 'not_started', 'not_started', 'not_started']
				: STATUS
		)
	};
}

export const tree: CycleNode[] = [
	{
		cycleId: C1,
		label: null,
		status: 'active',
		branchPoint: null,
		letters: { p: 'completed', r: 'completed', o: 'completed', a: 'completed', c: 'in_progress', t: 'not_started' },
		overallPercent: 66,
		dqScore: null,
		createdAt: '2026-11-18T09:00:00.000000Z',
		updatedAt: NOW,
		children: [
			{
				cycleId: C2,
				label: 'We also look outside town',
				status: 'active',
				branchPoint: 'alternatives',
				letters: { p: 'completed', r: 'completed', o: 'in_progress', a: 'not_started', c: 'not_started', t: 'not_started' },
				overallPercent: 33,
				dqScore: null,
				createdAt: '2026-11-20T09:00:00.000000Z',
				updatedAt: NOW,
				children: []
			}
		]
	}
];

const scores = [0, 3, 1, 4];
const ranks = [4, 2, 3, 1];
const flipCells = [{ alternative_id: ALT[3]!.id, objective_id: OBJ[0]!.id, from: 2, to: 1, leaders_after: [ALT[1]!.id, ALT[3]!.id] }];

export const analysis: Analysis = {
	alternatives: ALT,
	objectives: OBJ,
	pugh: {
		complete: true,
		missing: [],
		baseline: ALT[0]!.id,
		scores: ALT.map((alternative, at) => ({
			alternative_id: alternative.id,
			score: scores[at]!,
			plus: RATINGS.filter((row) => row[at]! > 0).length,
			zero: RATINGS.filter((row) => row[at] === 0).length,
			minus: RATINGS.filter((row) => row[at]! < 0).length,
			rank: ranks[at]!,
			weighted_total: null
		})),
		leaders: [ALT[3]!.id],
		tied: false,
		best_alternative: ALT[3]!.id,
		gap: 1,
		relevant_objectives: 5,
		margin_percent: 10,
		verdict: 'leads_with_tradeoffs',
		clear_winner: null,
		flip: { steps: 1, rivals: [ALT[1]!.id], single_cell: true, cells: flipCells }
	},
	dominance: { dominated: [], viable: ALT.map((alternative) => alternative.id) },
	irrelevant: { irrelevant: [], no_longer_distinguishing: [] },
	tensions: {
		entries: ALT.slice(1).map((alternative, at) => ({
			alternative_id: alternative.id,
			gains: OBJ.slice(0, 2).map((objective) => objective.id),
			losses: OBJ.slice(3).map((objective) => objective.id),
			net_score: scores[at + 1]!
		})),
		count: 3,
		sole_viable: null,
		most_balanced: [ALT[1]!.id],
		most_polarizing: [ALT[2]!.id]
	},
	decision_quality: null,
	quantities: null
};

const COLORS = { '2': 'dark_blue', '1': 'blue', '0': 'neutral', '-1': 'orange', '-2': 'red' } as const;

export function overview(cycleId: string): Overview {
	const shown = cycle(cycleId);
	const rated = cycleId === C1;
	return {
		sessionId: S1,
		title: 'Which office to rent',
		description: session().description,
		sessionStatus: 'active',
		cycleId,
		cycleStatus: 'active',
		cycleLabel: shown.label,
		decisionStatement: 'Which office do we rent for the next five years?',
		objectives: OBJ.map((objective, at) => ({
			id: objective.id,
			description: objective.name,
			isFundamental: true,
			measure: at === 4 ? 'Rent per month, in $' : null
		})),
		alternatives: ALT.map((alternative, at) => ({
			id: alternative.id,
			name: alternative.name,
			letter: alternative.letter,
			isStatusQuo: alternative.is_status_quo,
			pughScore: rated ? scores[at] : null,
			rank: rated ? ranks[at] : null,
			isDominated: false
		})),
		consequencesTable: rated
			? {
					alternatives: ALT.map((alternative) => alternative.id),
					objectives: OBJ.map((objective) => objective.id),
					cells: RATINGS.map((row, at) =>
						row.map((rating, column) => ({
							rating,
							color: COLORS[String(rating) as keyof typeof COLORS],
							explanationPreview: at === 0 ? WHY[column]! : null
						}))
					)
				}
			: null,
		totals: rated
			? {
					complete: true,
					leaders: [ALT[3]!.id],
					tied: false,
					marginPercent: 10,
					verdict: 'leads_with_tradeoffs',
					flip: {
						steps: 1,
						rivals: [ALT[1]!.id],
						singleCell: true,
						cells: flipCells.map((cell) => ({
							alternativeId: cell.alternative_id,
							objectiveId: cell.objective_id,
							from: cell.from,
							to: cell.to,
							leadersAfter: cell.leaders_after
						}))
					}
				}
			: null,
		recommendation: null,
		dqScore: null,
		dqElements: null,
		dqWeakest: null,
		components: shown.components.map((component) => ({
			id: component.id,
			type: component.component_type,
			status: component.status,
			version: component.version,
			basedOnOlderInput: component.based_on_older_input
		})),
		progress: { ...shown.progress, currentStep: shown.current_step },
		activeCycleId: C1,
		cycleCount: 2,
		lastUpdated: NOW,
		snapshotVersion: 40,
		freshness: { updatedAt: NOW, freshnessLevel: 'fresh', shouldRefresh: false, staleComponents: [] }
	};
}

export function conversation(component: Component): Conversation {
	const say = (number: number, role: 'user' | 'assistant', content: string) => ({
		id: uuid(8, number),
		role,
		content,
		created_at: `2026-11-21T09:0${number}:00.000000Z`,
		author_id: role === 'user' ? user.id : null,
		superseded: false,
		incomplete: false
	});
	return {
		id: uuid(9, TYPES.indexOf(component.component_type) + 1),
		component_id: component.id,
		component_type: component.component_type,
		cycle_id: component.cycle_id,
		session_id: S1,
		state: component.status === 'complete' ? 'complete' : 'in_progress',
		phase: 'gather',
		pending_questions: component.status === 'complete' ? [] : ['Which tension matters most, and why?'],
		awaiting_confirmation: false,
		ready: false,
		message_count: 3,
		messages: [
			say(1, 'assistant', 'Here is what the ratings say. **Montana** leads by one step, and four options are still worth a look.\n\nIs there a dominated option you want to keep, and why?'),
			say(2, 'user', 'None of them is dominated, as I read it.\n- Baranov: the smallest rooms, we would outgrow it\n- Montana: costs more than Parkway'),
			say(3, 'assistant', 'I have put two tensions into the draft.\n\n1. **Baranov** gains on commute and cost, and loses on room and services.\n2. **Montana** gains almost everywhere, and loses on cost.\n\nWhich tension matters most, and why?')
		],
		draft:
			component.component_type === 'tradeoffs'
				? {
						id: uuid(10, 1),
						component_id: component.id,
						component_type: 'tradeoffs',
						base_version: 3,
						updated_at: NOW,
						items: [
							{
								id: uuid(11, 1),
								op: 'add',
								path: '/tensions/-',
								value: { alternative_id: ALT[2]!.id, gains: [], losses: [], net_score: 1, uncertainty_impact: 'We may outgrow it' },
								added_by: 'user',
								summary: 'Baranov gains on commute and cost, loses on room and services'
							},
							{
								id: uuid(11, 2),
								op: 'add',
								path: '/tensions/-',
								value: { alternative_id: ALT[3]!.id, gains: [], losses: [], net_score: 4 },
								added_by: 'user',
								summary: 'Montana gains almost everywhere, loses on cost'
							},
							{
								id: uuid(11, 3),
								op: 'add',
								path: '/irrelevant_objectives/-',
								value: { objective_id: OBJ[1]!.id, reason: 'Customers rarely come in person' },
								added_by: 'ai',
								summary: '“Easy for customers” may make no difference: they rarely come in person'
							}
						]
					}
				: null,
		inherited_conversation_id: component.cycle_id === C2 ? uuid(9, 50) : null,
		adapter: 'guide'
	};
}

export const revisits: Revisit[] = [
	{
		id: uuid(12, 1),
		target: 'tradeoffs',
		reason: 'The cost of Montana has changed since you rated it.',
		trigger: 'consequences',
		priority: 'high',
		status: 'pending',
		created_at: NOW
	}
];

export const activity: ActivityEntry[] = [
	[12, 'component.output_updated', null, 'tradeoffs', 'Two tensions, version 3'],
	[11, 'pugh_scores.computed', 10, 'consequences', 'Montana leads by 1'],
	[10, 'component.completed', null, 'consequences', ''],
	[9, 'component.output_updated', null, 'consequences', '20 of 20 cells rated'],
	[8, 'conversation.started', 7, 'consequences', ''],
	[7, 'component.started', null, 'consequences', ''],
	[6, 'cycle.branched', null, null, 'We also look outside town, from Alternatives'],
	[5, 'session.renamed', null, null, 'Which office to rent']
].map(([position, event_type, cause, component_type, summary]) => ({
	event_id: uuid(13, position as number),
	event_type: event_type as string,
	occurred_at: `2026-11-21T0${Math.min(9, position as number)}:00:00.000000Z`,
	actor: { id: user.id, name: 'Astrid Lund' },
	caused_by: cause ? uuid(13, cause as number) : null,
	correlation_id: uuid(14, 1),
	cycle_id: C1,
	component_type: component_type as ComponentType | null,
	position: position as number,
	summary: summary as string
}));

export const subscriptions: Subscription[] = ['dashboard', 'conversation_init', 'analysis_trigger', 'live_bridge'].map((name, at) => ({
	name,
	kind: at === 0 ? 'projection' : 'reaction',
	version: 1,
	position: at === 2 ? 1180 : 1204,
	head: 1204,
	lag: at === 2 ? 24 : 0,
	lag_seconds: at === 2 ? 125 : 0,
	rate: at === 3 ? null : at * 1.25,
	status: at === 3 ? 'stopped' : at === 1 ? 'paused' : 'running',
	parked_keys: at === 2 ? 1 : 0,
	retries_due: at === 2 ? 1 : 0,
	dead_letters: at === 2 ? 1 : 0,
	last_error: at === 2 ? 'the output of component 4 could not be read' : null,
	owner: at === 3 ? null : 'node-1, process 4711',
	lease_age_ms: at === 0 ? 1800 : null
}));
export const instanceSettings: InstanceSettings = {
	registration_mode: { value: 'open', source: 'page', fixed: false },
	workspace_purge_days: { value: 30, source: 'environment', fixed: true }
};
export const instance: Instance = {
	store: 'postgres',
	place: 'database.internal.example.org:5432/althing',
	store_version: '17.2 (Debian 17.2-1.pgdg120+1)',
	transport: 'redis',
	version: '0.1.0'
};
export const deadLetters: DeadLetter[] = [
	{
		id: uuid(15, 1),
		subscription: 'analysis_trigger',
		event_id: uuid(13, 99),
		event_type: 'component.completed',
		position: 1180,
		key: C1,
		error: 'the output of component 4 could not be read: missing field `table`',
		attempts: 8,
		first_failed_at: '2026-11-21T08:00:00.000000Z',
		last_failed_at: NOW
	}
];
export const catalogue: CatalogueEntry[] = [
	{
		event_type: 'session.created',
		version: 1,
		context: 'decisions',
		aggregate: 'Session',
		description: 'A decision was opened.',
		fields: [
			{ name: 'session_id', type: 'uuid', required: true, personal: false },
			{ name: 'title', type: 'string', required: true, personal: true }
		],
		consumers: ['dashboard']
	},
	{
		event_type: 'user.signed_in',
		version: 1,
		context: 'identity',
		aggregate: 'User',
		description: 'Somebody came through the door.',
		fields: [{ name: 'user_id', type: 'uuid', required: true, personal: true }],
		consumers: []
	}
];

export const notifications: Notification[] = [
	{
		id: '0190a6c2-0000-7000-8000-0000000000a1',
		type: 'workspace_invitation',
		title: 'Invitation to Engines',
		body: 'Charles Babbage invites you to Engines as a member.',
		data: {},
		read: false,
		read_at: null,
		action: null,
		action_taken_at: null,
		actionable: true,
		ended: null,
		inserted_at: NOW
	},
	{
		id: '0190a6c2-0000-7000-8000-0000000000a2',
		type: 'decision_completed',
		title: 'Decision completed',
		body: 'Charles Babbage completed a cycle of “Where to live”.',
		data: { session_id: sessions[0]!.id },
		read: true,
		read_at: NOW,
		action: null,
		action_taken_at: null,
		actionable: false,
		ended: null,
		inserted_at: NOW
	}
];
export const notificationPreferences: NotificationPreferences = {
	channels: {
		workspace_invitation: 'mail',
		workspace_member_joined: 'in_app',
		workspace_member_removed: 'in_app',
		role_changed: 'digest',
		decision_completed: 'in_app'
	},
	digest_hour: 7,
	time_zone: 'UTC',
	mail_is_on: true
};
