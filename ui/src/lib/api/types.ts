/**
 * Types of everything the HTTP API and the sockets carry. Commands and outputs are snake_case; the dashboard views and the live
 * channel are camelCase, as on the wire. Absent and null are both accepted for what the API calls optional.
 */

export type Id = string;
/** ISO-8601, UTC, microseconds. */
export type Time = string;
/** Decimal number written as a string, so that no binary floating point decides a result. */
export type Decimal = string;

// ---------------------------------------------------------------- envelopes

export interface ListMeta {
	total?: number | null;
	next_cursor?: string | null;
}
export interface Page<T> {
	data: T[];
	meta: ListMeta;
}
/** One thing wrong with a request; `field` is a JSON pointer into the request body, e.g. `/output/alternatives/0/name`. */
export interface FieldError {
	field: string;
	message: string;
	code: string;
	index?: number | null;
}
export interface ProblemBody {
	type?: string;
	title: string;
	status: number;
	detail?: string;
	code: string;
	errors?: FieldError[];
	request_id?: string;
}

// ---------------------------------------------------------------- people

export type InstanceRole = 'owner' | 'admin' | 'user';
export interface User {
	id: Id;
	first_name: string;
	last_name: string;
	email: string;
	instance_role: InstanceRole;
}
export interface SignedIn {
	user: User;
	csrf_token: string;
}
export interface AuthMethods {
	setup_required: boolean;
	methods: string[];
}

// ---------------------------------------------------------------- sessions, cycles, components

export const COMPONENT_TYPES = [
	'issue_raising',
	'problem_frame',
	'objectives',
	'alternatives',
	'consequences',
	'tradeoffs',
	'recommendation',
	'decision_quality',
	'notes_next_steps'
] as const;
export type ComponentType = (typeof COMPONENT_TYPES)[number];

export type ComponentStatus = 'not_started' | 'in_progress' | 'complete' | 'needs_revision';
export type CycleStatus = 'active' | 'completed' | 'archived';
export type SessionStatus = 'active' | 'archived';

export interface Session {
	id: Id;
	title: string;
	description: string | null;
	owner_id: Id;
	workspace_id: Id | null;
	project_id: Id | null;
	visibility: 'private' | 'workspace';
	status: SessionStatus;
	cycle_ids: Id[];
	created_at: Time;
	updated_at: Time;
	dq_score: number | null;
	completed_cycles: number;
}

export interface Progress {
	completed: number;
	total: number;
	percent: number;
}

export interface CycleSummary {
	id: Id;
	session_id: Id;
	parent_cycle_id: Id | null;
	branch_point: ComponentType | null;
	label: string | null;
	status: CycleStatus;
	current_step: ComponentType;
	progress: Progress;
	dq_score: number | null;
	created_at: Time;
	updated_at: Time;
	completed_at: Time | null;
}
export interface Cycle extends CycleSummary {
	/** All nine, in the order of `COMPONENT_TYPES`. */
	components: Component[];
}

export interface Component<T extends ComponentType = ComponentType> {
	id: Id;
	cycle_id: Id;
	component_type: T;
	status: ComponentStatus;
	version: number;
	output: Outputs[T] | null;
	input_versions: Partial<Record<ComponentType, number>>;
	based_on_older_input: boolean;
	inherited: boolean;
	can_start: boolean;
	updated_at: Time | null;
}

/** `/components/{type}/detail`, camelCase. */
export interface ComponentDetail {
	sessionId: Id;
	cycleId: Id;
	componentId: Id;
	componentType: ComponentType;
	status: ComponentStatus;
	output: Output | null;
	version: number;
	basedOnOlderInput: boolean;
	messageCount: number;
	lastMessageAt: Time | null;
	canBranch: boolean;
	canRevise: boolean;
	canStart: boolean;
	previous: ComponentType | null;
	next: ComponentType | null;
	analysis: unknown;
}

export type Satisfaction = 'very_dissatisfied' | 'dissatisfied' | 'neutral' | 'satisfied' | 'very_satisfied';
export interface Outcome {
	id: Id;
	cycle_id: Id;
	chosen_alternative_id?: Id | null;
	satisfaction: Satisfaction;
	actual_consequences?: string | null;
	surprises?: string | null;
	would_decide_same: boolean;
	recorded_at: Time;
	recorded_by?: Id;
}
export type OutcomeInput = Omit<Outcome, 'id' | 'recorded_at' | 'recorded_by'>;

// ---------------------------------------------------------------- the nine outputs

export type AddedBy = 'user' | 'ai';
/** Only the server sets `added_by`; absent means `user`. */
interface Labelled {
	added_by?: AddedBy;
}
interface WithAiFields {
	/** Names of single text fields that came from the AI. */
	ai_fields?: string[];
}
export interface TextItem extends Labelled {
	id: Id;
	text: string;
}

export type Level = 'high' | 'medium' | 'low';

export interface PotentialDecision extends Labelled {
	id: Id;
	description: string;
	priority?: Level;
	notes?: string | null;
}
export interface ObjectiveIdea extends Labelled {
	id: Id;
	description: string;
}
export interface UncertaintyIdea extends Labelled {
	id: Id;
	description: string;
	driver?: string | null;
}
export interface IssueRaising extends WithAiFields {
	potential_decisions: PotentialDecision[];
	focal_decision_id?: Id | null;
	objectives: ObjectiveIdea[];
	uncertainties: UncertaintyIdea[];
	considerations: TextItem[];
}

export const CONSTRAINT_TYPES = ['legal', 'financial', 'political', 'technical', 'time', 'resource', 'policy', 'other'] as const;
export type ConstraintType = (typeof CONSTRAINT_TYPES)[number];
export interface Constraint extends Labelled {
	id?: Id;
	type: ConstraintType;
	description: string;
}
export const PARTY_ROLES = ['stakeholder', 'advisor', 'decision_maker', 'affected_party'] as const;
export type PartyRole = (typeof PARTY_ROLES)[number];
export interface Party extends Labelled {
	id: Id;
	name: string;
	role: PartyRole;
	influence?: string | null;
	concerns: string[];
}
export interface HierarchyDecision extends Labelled {
	id: Id;
	statement: string;
	outcome?: string | null;
}
export type Relationship = 'enables' | 'constrains' | 'depends_on';
export interface LinkedDecision extends Labelled {
	id?: Id;
	description: string;
	relationship: Relationship;
}
export interface ProblemFrame extends WithAiFields {
	decision_maker?: (Labelled & { name: string; role?: string | null }) | null;
	focal_decision?: (Labelled & {
		statement: string;
		scope?: { in: string[]; out: string[] } | null;
		constraints: Constraint[];
		trigger?: string | null;
		deadline?: { date: string; hard: boolean } | null;
	}) | null;
	decision_hierarchy?: { already_made: HierarchyDecision[]; deferred: HierarchyDecision[] } | null;
	parties?: Party[];
	ultimate_aim?: string | null;
	linked_decisions?: LinkedDecision[] | null;
}

export type Direction = 'maximize' | 'minimize' | 'target';
export interface PerformanceMeasure {
	metric: string;
	direction: Direction;
	target?: Decimal | null;
	units?: string | null;
	tolerance?: Decimal | null;
}
export interface FundamentalObjective extends Labelled {
	id: Id;
	name: string;
	description?: string | null;
	performance_measure?: PerformanceMeasure | null;
	weight?: Decimal | null;
	affected_party_id?: Id | null;
}
export interface MeansObjective extends Labelled {
	id: Id;
	description: string;
	supports: Id[];
}
export interface Objectives extends WithAiFields {
	fundamental_objectives: FundamentalObjective[];
	means_objectives?: MeansObjective[];
}

export interface Alternative extends Labelled {
	id: Id;
	name: string;
	description?: string | null;
	is_status_quo: boolean;
	assumptions: string[];
}
export interface DecisionColumn extends Labelled {
	id: Id;
	name: string;
	options: string[];
}
export interface Strategy extends Labelled {
	alternative_id: Id;
	/** Column id → one of that column's options. */
	selections: Record<Id, string>;
}
export interface Alternatives extends WithAiFields {
	alternatives: Alternative[];
	status_quo_id?: Id | null;
	strategy_table?: { decision_columns: DecisionColumn[]; strategies: Strategy[] } | null;
}

export type Rating = -2 | -1 | 0 | 1 | 2;
export interface Quantity {
	value: Decimal;
	unit: string;
	source?: string | null;
}
export interface Cell extends Labelled {
	alternative_id: Id;
	objective_id: Id;
	rating?: Rating | null;
	rationale?: string | null;
	quantity?: Quantity | null;
	uncertainty?: { level: Level; driver?: string | null } | null;
}
export interface ConsequenceUncertainty extends Labelled {
	id: Id;
	description: string;
	driver?: string | null;
	resolvable: boolean;
	would_change_decision?: boolean | null;
}
export interface ConsequencesTable {
	alternative_ids: Id[];
	objective_ids: Id[];
	/** Keyed `"<alternative id>:<objective id>"`; the key agrees with the ids inside. */
	cells: Record<string, Cell>;
}
export interface Consequences extends WithAiFields {
	table?: ConsequencesTable | null;
	uncertainties?: ConsequenceUncertainty[];
}

export interface DominatedAlternative extends Labelled {
	alternative_id: Id;
	dominated_by: Id[];
	explanation?: string | null;
	cleared?: { reason: string } | null;
}
export interface IrrelevantObjective extends Labelled {
	objective_id: Id;
	reason?: string | null;
}
export interface TensionEntry extends Labelled {
	alternative_id: Id;
	gains: Id[];
	losses: Id[];
	net_score: number;
	uncertainty_impact?: string | null;
}
export interface Tradeoffs extends WithAiFields {
	dominated_alternatives: DominatedAlternative[];
	irrelevant_objectives: IrrelevantObjective[];
	tensions: TensionEntry[];
}

export interface RemainingUncertainty extends Labelled {
	id?: Id;
	description: string;
	impact?: string | null;
	resolution_path?: string | null;
}
export interface Recommendation extends WithAiFields {
	synthesis?: string | null;
	sensitivity_notes?: string | null;
	/** null means "nothing stands out", which is a valid answer. */
	standout_option?: (Labelled & { alternative_id: Id; rationale?: string | null }) | null;
	key_considerations?: TextItem[];
	caveats?: TextItem[];
	remaining_uncertainties?: RemainingUncertainty[];
}

export const DQ_ELEMENTS = [
	'helpful_problem_frame',
	'clear_objectives',
	'creative_alternatives',
	'reliable_consequence_information',
	'logically_correct_reasoning',
	'clear_tradeoffs',
	'commitment_to_follow_through'
] as const;
export type DqElementName = (typeof DQ_ELEMENTS)[number];
export interface DqElement extends Labelled {
	name: DqElementName;
	score?: number | null;
	rationale?: string | null;
	improvement_path?: string | null;
}
export interface DecisionQuality extends WithAiFields {
	elements: DqElement[];
	/** Filled by the server: the minimum of the seven. */
	overall_score?: number | null;
}

export type ActionStatus = 'planned' | 'in_progress' | 'completed';
export interface PlannedAction extends Labelled {
	id?: Id;
	action: string;
	owner?: string | null;
	due_date?: string | null;
	status?: ActionStatus;
}
export interface NotesNextSteps extends WithAiFields {
	notes?: TextItem[];
	open_questions?: TextItem[];
	revisit_triggers?: TextItem[];
	planned_actions?: PlannedAction[];
	decision_affirmation?: string | null;
	further_analysis_paths?: TextItem[];
}

export interface Outputs {
	issue_raising: IssueRaising;
	problem_frame: ProblemFrame;
	objectives: Objectives;
	alternatives: Alternatives;
	consequences: Consequences;
	tradeoffs: Tradeoffs;
	recommendation: Recommendation;
	decision_quality: DecisionQuality;
	notes_next_steps: NotesNextSteps;
}
export type Output = Outputs[ComponentType];
/** What a cycle holds so far, by component; null where nothing was accepted yet. */
export type OutputsSoFar = { [T in ComponentType]: Outputs[T] | null };

// ---------------------------------------------------------------- analysis

export type Verdict = 'incomplete' | 'no_clear_winner' | 'clear_winner' | 'leads_with_tradeoffs';
export type Priority = 'critical' | 'high' | 'medium' | 'low';

export interface FlipCell {
	alternative_id: Id;
	objective_id: Id;
	from: number;
	to: number;
	leaders_after: Id[];
}
export interface Flip {
	steps: number;
	rivals: Id[];
	single_cell: boolean;
	cells: FlipCell[];
}
export interface PughScore {
	alternative_id: Id;
	score: number;
	plus: number;
	zero: number;
	minus: number;
	rank: number;
	weighted_total: Decimal | null;
}
export interface Pugh {
	complete: boolean;
	missing: { alternative_id: Id; objective_id: Id }[];
	baseline: Id | null;
	scores: PughScore[];
	leaders: Id[];
	tied: boolean;
	best_alternative: Id | null;
	gap: number;
	relevant_objectives: number;
	margin_percent: number;
	verdict: Verdict;
	clear_winner: Id | null;
	flip: Flip | null;
}
export interface Dominance {
	dominated: {
		alternative_id: Id;
		dominators: Id[];
		dominated_by: Id;
		strictly_worse_on: Id[];
		explanation: string;
	}[];
	viable: Id[];
}
export interface Irrelevant {
	irrelevant: { objective_id: Id; rating: number }[];
	no_longer_distinguishing: Id[];
}
export interface Tensions {
	entries: { alternative_id: Id; gains: Id[]; losses: Id[]; net_score: number }[];
	count: number;
	sole_viable: Id | null;
	most_balanced: Id[];
	most_polarizing: Id[];
}
export interface DecisionQualityAnalysis {
	overall: number | null;
	lowest_so_far: number | null;
	weakest: DqElementName | null;
	acceptable: boolean;
	rated: number;
	elements: { name: DqElementName; score: number | null; priority: Priority | null }[];
	suggestions: { element: DqElementName; score: number; priority: Priority; improvement_path: string | null }[];
	affirmation_offered: boolean;
}
export interface Quantities {
	ranks: { objective_id: Id; ranks: { alternative_id: Id; rank: number }[] }[];
	strict: { a: Id; b: Id }[];
	practical: { a: Id; b: Id; objectives: { objective_id: Id; difference: Decimal; tolerance: Decimal }[] }[];
	uniform: Id[];
	excluded: {
		objective_id: Id;
		reason: 'missing_value' | 'mixed_units' | 'no_direction';
		pairs?: { alternative_id: Id; objective_id: Id }[];
	}[];
	complete: boolean;
}
export interface Analysis {
	alternatives: { id: Id; name: string; letter: string; is_status_quo: boolean }[];
	objectives: { id: Id; name: string }[];
	pugh: Pugh;
	dominance: Dominance;
	irrelevant: Irrelevant;
	tensions: Tensions;
	decision_quality: DecisionQualityAnalysis | null;
	quantities: Quantities | null;
}
export interface Sensitivity {
	alternative_id: Id;
	objective_id: Id;
	rating: number;
	entries: { value: number; change: number; leaders: Id[]; leaders_change: boolean; still_leads: boolean }[];
}

// ---------------------------------------------------------------- conversation

export type Phase = 'intro' | 'gather' | 'clarify' | 'extract' | 'confirm';
export type ConversationState = 'initializing' | 'ready' | 'in_progress' | 'confirmed' | 'complete';
export interface Message {
	id: Id;
	role: 'system' | 'user' | 'assistant';
	content: string;
	created_at: Time;
	author_id: Id | null;
	superseded: boolean;
	incomplete: boolean;
}
export interface DraftItem {
	id: Id;
	op: 'add' | 'set' | 'remove';
	/** JSON pointer into the output; for `add` it ends in `/-`. */
	path: string;
	value: unknown;
	added_by: AddedBy;
	/** One line for people. */
	summary: string;
}
export interface Draft {
	id: Id;
	component_id: Id;
	component_type: ComponentType;
	base_version: number;
	items: DraftItem[];
	updated_at: Time;
}
export interface Conversation {
	id: Id;
	component_id: Id;
	component_type: ComponentType;
	cycle_id: Id;
	session_id: Id;
	state: ConversationState;
	phase: Phase;
	pending_questions: string[];
	awaiting_confirmation: boolean;
	ready: boolean;
	message_count: number;
	/** The last 100, oldest first. */
	messages: Message[];
	draft: Draft | null;
	inherited_conversation_id: Id | null;
	/** Which adapter answers; `off` means that messages are kept and nobody replies. */
	adapter: string;
}
export interface Turn {
	message: Message;
	reply: Message | null;
	draft: Draft | null;
	phase: Phase;
	state: ConversationState;
}
export interface Extraction {
	draft: Draft | null;
	phase: Phase;
	state: ConversationState;
	reply: Message | null;
}
export type DraftChoice = Id | { id: Id; value: unknown };

export type StreamErrorCode =
	| 'rate_limited'
	| 'context_too_long'
	| 'content_filtered'
	| 'provider_error'
	| 'cancelled'
	| 'timeout'
	| 'internal_error';
export type StreamServerFrame =
	| { type: 'stream_chunk'; message_id: Id; index: number; delta: string; is_final: boolean }
	| {
			type: 'stream_complete';
			message_id: Id;
			full_content: string;
			usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number; estimated_cost_cents: number };
			phase_transition?: { from: Phase; to: Phase } | null;
	  }
	| {
			type: 'stream_error';
			message_id: Id;
			error_code: StreamErrorCode;
			error: string;
			partial_content?: string | null;
			recoverable: boolean;
	  }
	| { type: 'data_extracted'; component_type: ComponentType; data: unknown; extracted_at: Time }
	| { type: 'pong'; timestamp: Time };
export type StreamClientFrame =
	| { type: 'send_message'; message_id: Id; content: string }
	| { type: 'cancel_stream'; message_id: Id }
	| { type: 'ping' };

export interface Revisit {
	id: Id;
	target: ComponentType;
	reason: string;
	trigger: string;
	priority: Priority;
	status: 'pending' | 'accepted' | 'dismissed' | 'expired';
	created_at: Time;
}

// ---------------------------------------------------------------- document

export type LetterStatus = 'not_started' | 'in_progress' | 'completed';
export const LETTERS = ['p', 'r', 'o', 'a', 'c', 't'] as const;
export type Letter = (typeof LETTERS)[number];
export type Letters = Record<Letter, LetterStatus>;

export interface DecisionDocument {
	cycle_id: Id;
	version: number;
	checksum: string;
	markdown: string;
	html: string;
	sections: {
		component_type: ComponentType;
		number: number;
		title: string;
		status: ComponentStatus;
		inherited: boolean;
		based_on_older_input: boolean;
	}[];
	letters: Letters;
	overall_percent: number;
	weakest_element: DqElementName | null;
	last_changed_at: Time | null;
	last_changed_by: { id: Id; name: string } | null;
}
export interface DocumentVersion {
	version: number;
	at: Time;
	user: { id: Id; name: string } | null;
	changed_sections: ComponentType[];
}

// ---------------------------------------------------------------- views (camelCase)

export interface CycleNode {
	cycleId: Id;
	label: string | null;
	status: CycleStatus;
	branchPoint: ComponentType | null;
	letters: Letters;
	overallPercent: number;
	dqScore: number | null;
	createdAt: Time;
	updatedAt: Time;
	children: CycleNode[];
}

export type CellColor = 'dark_blue' | 'blue' | 'neutral' | 'orange' | 'red';
export interface OverviewFlip {
	steps: number;
	rivals: Id[];
	singleCell: boolean;
	cells: { alternativeId: Id; objectiveId: Id; from: number; to: number; leadersAfter: Id[] }[];
}
export interface Overview {
	sessionId: Id;
	title: string;
	description: string | null;
	sessionStatus: SessionStatus;
	cycleId: Id | null;
	cycleStatus: CycleStatus | null;
	cycleLabel: string | null;
	decisionStatement: string | null;
	objectives: { id: Id; description: string; isFundamental: boolean; measure?: string | null }[];
	alternatives: {
		id: Id;
		name: string;
		letter: string;
		isStatusQuo: boolean;
		pughScore?: number | null;
		rank?: number | null;
		isDominated: boolean;
	}[];
	consequencesTable: {
		alternatives: Id[];
		objectives: Id[];
		/** `cells[objective][alternative]`. */
		cells: ({ rating: number; color: CellColor; explanationPreview: string | null } | null)[][];
	} | null;
	totals: {
		complete: boolean;
		leaders: Id[];
		tied: boolean;
		marginPercent: number;
		verdict: Verdict;
		flip: OverviewFlip | null;
	} | null;
	recommendation: {
		hasStandout: boolean;
		standoutName?: string | null;
		standoutIsDominated: boolean;
		synthesisPreview: string;
		caveatCount: number;
	} | null;
	dqScore: number | null;
	dqElements: { name: DqElementName; score: number }[] | null;
	dqWeakest: DqElementName | null;
	components: {
		id: Id;
		type: ComponentType;
		status: ComponentStatus;
		version: number;
		basedOnOlderInput: boolean;
	}[];
	progress: LiveProgress;
	activeCycleId: Id | null;
	cycleCount: number;
	lastUpdated: Time;
	snapshotVersion: number;
	freshness: {
		updatedAt: Time;
		freshnessLevel: 'fresh' | 'warm' | 'stale' | 'expired';
		shouldRefresh: boolean;
		staleComponents: ComponentType[];
	} | null;
}
export interface LiveProgress extends Progress {
	currentStep: ComponentType;
}

export interface Comparison {
	cycles: { cycleId: Id; label: string | null; overview: Overview }[];
	differences: {
		component: ComponentType;
		cycle: Id;
		description: string;
		significance: 'major' | 'moderate' | 'minor';
	}[];
	summary: {
		cycles: {
			cycleId: Id;
			label: string | null;
			totals: { id: Id; name: string; score: number; rank: number; isDominated: boolean }[];
			leaders: Id[];
			verdict: Verdict;
			dqScore: number | null;
		}[];
	};
}

export interface ActivityEntry {
	event_id: Id;
	event_type: string;
	occurred_at: Time;
	actor: { id: Id; name: string } | null;
	caused_by: Id | null;
	correlation_id: Id;
	cycle_id: Id | null;
	component_type: ComponentType | null;
	position: number;
	summary: string;
}

/** A frame of `/api/sessions/{id}/live`; exactly these keys. Control frames have null `eventId` and `correlationId`. */
export interface LiveFrame {
	type: string;
	data: Record<string, unknown>;
	seq: number;
	eventId: Id | null;
	occurredAt: Time;
	correlationId: Id | null;
}

// ---------------------------------------------------------------- operators

export type SubscriptionStatus = 'running' | 'paused' | 'stopped' | 'rebuilding';
export interface Subscription {
	name: string;
	kind: string;
	version: number;
	position: number;
	head: number;
	lag: number;
	status: SubscriptionStatus;
	parked_keys: number;
	retries_due: number;
	dead_letters: number;
	last_error: string | null;
	owner: string | null;
}
export interface DeadLetter {
	id: Id;
	subscription: string;
	event_id: Id;
	event_type: string;
	position: number;
	key: string;
	error: string;
	attempts: number;
	first_failed_at: Time;
	last_failed_at: Time;
}
export interface CatalogueEntry {
	event_type: string;
	version: number;
	context: string;
	aggregate: string;
	description: string;
	fields: { name: string; type: string; required: boolean; personal: boolean }[];
	consumers: string[];
}
