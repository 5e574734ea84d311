/** Sessions, their cycles and the nine components of each. */
import type { Id, Time } from './base';
import type { Output, Outputs } from './outputs';

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
/** What the reader may do with a decision; each includes those after it. */
export type Rights = 'owner' | 'manage' | 'contribute' | 'read';

export interface Session {
	id: Id;
	title: string;
	description: string | null;
	owner_id: Id;
	owner: { id: Id; name: string };
	workspace_id: Id | null;
	project_id: Id | null;
	visibility: 'private' | 'workspace';
	status: SessionStatus;
	cycle_ids: Id[];
	created_at: Time;
	updated_at: Time;
	dq_score: number | null;
	completed_cycles: number;
	access: Rights;
	/** Whether its owner's plan includes the decision quality step. */
	has_decision_quality: boolean;
}

export type ShareScope = 'view' | 'view_conversation';
export interface ShareLink {
	id: Id;
	scope: ShareScope;
	created_by: { id: Id; name: string };
	created_at: Time;
	expires_at: Time;
	revoked_at: Time | null;
	last_used_at: Time | null;
}
/** The only answer that holds the token. */
export interface NewShareLink extends ShareLink {
	token: string;
	path: string;
}
/** What a link is exchanged for; the cookie itself is out of reach. */
export interface SharePass {
	session_id: Id;
	scope: ShareScope;
	expires_at: Time;
	link_expires_at: Time;
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
