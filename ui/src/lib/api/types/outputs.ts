/** What the nine components hold: exactly the fields the server validates. */
import type { Decimal, Id } from './base';
import type { ComponentType } from './decisions';

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
