/** What the server computes from the outputs. */
import type { Decimal, Id } from './base';
import type { DqElementName } from './outputs';

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
