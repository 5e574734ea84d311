/**
 * Outputs while they are being edited. A model is an output with every list and group present, so that fields can be bound to
 * it; `toOutput` turns it back into what the server takes and leaves out what is empty.
 */
import {
	DQ_ELEMENTS,
	type Alternatives,
	type ComponentType,
	type ConsequenceUncertainty,
	type DqElement,
	type FundamentalObjective,
	type HierarchyDecision,
	type IssueRaising,
	type LinkedDecision,
	type MeansObjective,
	type NotesNextSteps,
	type Outputs,
	type OutputsSoFar,
	type Party,
	type PerformanceMeasure,
	type PlannedAction,
	type ProblemFrame,
	type Recommendation,
	type RemainingUncertainty,
	type TextItem,
	type Tradeoffs
} from '$lib/api/types';
import { syncTable, type EditedTable } from './consequences';
import { pruneBlank } from './prune';

type All<T> = { [K in keyof T]-?: NonNullable<T[K]> };
type Labelled = { added_by?: 'user' | 'ai' };
type AiFields = { ai_fields?: string[] };

export type EditedObjective = Omit<FundamentalObjective, 'performance_measure'> & { performance_measure: PerformanceMeasure };

export interface Models {
	issue_raising: IssueRaising;
	problem_frame: AiFields & {
		decision_maker: Labelled & { name: string; role?: string | null };
		focal_decision: Labelled & {
			statement: string;
			scope: { in: string[]; out: string[] };
			constraints: NonNullable<ProblemFrame['focal_decision']>['constraints'];
			trigger?: string | null;
			deadline: { date: string; hard: boolean };
		};
		decision_hierarchy: { already_made: HierarchyDecision[]; deferred: HierarchyDecision[] };
		parties: Party[];
		ultimate_aim?: string | null;
		linked_decisions: LinkedDecision[];
	};
	objectives: AiFields & { fundamental_objectives: EditedObjective[]; means_objectives: MeansObjective[] };
	alternatives: Omit<Alternatives, 'strategy_table'> & { strategy_table: NonNullable<Alternatives['strategy_table']> };
	consequences: AiFields & {
		table: EditedTable;
		uncertainties: ConsequenceUncertainty[];
	};
	tradeoffs: Tradeoffs;
	recommendation: AiFields &
		Pick<Recommendation, 'synthesis' | 'sensitivity_notes' | 'standout_option'> & {
			key_considerations: TextItem[];
			caveats: TextItem[];
			remaining_uncertainties: RemainingUncertainty[];
		};
	decision_quality: AiFields & { elements: DqElement[] };
	notes_next_steps: AiFields &
		All<Pick<NotesNextSteps, 'notes' | 'open_questions' | 'revisit_triggers' | 'further_analysis_paths'>> & {
			planned_actions: PlannedAction[];
			decision_affirmation?: string | null;
		};
}
export type Model = Models[ComponentType];

export function emptyMeasure(): PerformanceMeasure {
	return { metric: '', direction: 'maximize', target: '', units: '', tolerance: '' };
}

type Openers = { [T in ComponentType]: (output: Partial<Outputs[T]>, others: OutputsSoFar) => Models[T] };

const openers: Openers = {
	issue_raising: (o) => ({
		...o,
		potential_decisions: o.potential_decisions ?? [],
		objectives: o.objectives ?? [],
		uncertainties: o.uncertainties ?? [],
		considerations: o.considerations ?? []
	}),
	problem_frame: (o) => ({
		...o,
		decision_maker: { ...o.decision_maker, name: o.decision_maker?.name ?? '' },
		focal_decision: {
			...o.focal_decision,
			statement: o.focal_decision?.statement ?? '',
			scope: { in: o.focal_decision?.scope?.in ?? [], out: o.focal_decision?.scope?.out ?? [] },
			constraints: o.focal_decision?.constraints ?? [],
			deadline: { date: '', hard: false, ...o.focal_decision?.deadline }
		},
		decision_hierarchy: {
			already_made: o.decision_hierarchy?.already_made ?? [],
			deferred: o.decision_hierarchy?.deferred ?? []
		},
		parties: (o.parties ?? []).map((party) => ({ ...party, concerns: party.concerns ?? [] })),
		linked_decisions: o.linked_decisions ?? []
	}),
	objectives: (o) => ({
		...o,
		fundamental_objectives: (o.fundamental_objectives ?? []).map((objective) => ({
			...objective,
			name: objective.name ?? '',
			performance_measure: { ...emptyMeasure(), ...objective.performance_measure }
		})),
		means_objectives: (o.means_objectives ?? []).map((means) => ({ ...means, supports: means.supports ?? [] }))
	}),
	alternatives: (o) => ({
		...o,
		alternatives: (o.alternatives ?? []).map((a) => ({ ...a, name: a.name ?? '', assumptions: a.assumptions ?? [] })),
		strategy_table: {
			decision_columns: (o.strategy_table?.decision_columns ?? []).map((c) => ({ ...c, name: c.name ?? '', options: c.options ?? [] })),
			strategies: (o.strategy_table?.strategies ?? []).map((s) => ({ ...s, selections: s.selections ?? {} }))
		}
	}),
	consequences: (o, others) => ({ ...o, table: syncTable(o.table ?? null, others), uncertainties: o.uncertainties ?? [] }),
	tradeoffs: (o) => ({
		...o,
		dominated_alternatives: o.dominated_alternatives ?? [],
		irrelevant_objectives: o.irrelevant_objectives ?? [],
		tensions: o.tensions ?? []
	}),
	recommendation: (o) => ({
		...o,
		key_considerations: o.key_considerations ?? [],
		caveats: o.caveats ?? [],
		remaining_uncertainties: o.remaining_uncertainties ?? []
	}),
	decision_quality: (o) => ({
		ai_fields: o.ai_fields,
		elements: DQ_ELEMENTS.map((name) => o.elements?.find((element) => element.name === name) ?? { name, score: null })
	}),
	notes_next_steps: (o) => ({
		...o,
		notes: o.notes ?? [],
		open_questions: o.open_questions ?? [],
		revisit_triggers: o.revisit_triggers ?? [],
		planned_actions: o.planned_actions ?? [],
		further_analysis_paths: o.further_analysis_paths ?? []
	})
};

/** The model of an output, or of nothing yet. `others` are the outputs it refers to. */
export function toModel<T extends ComponentType>(type: T, output: Outputs[T] | null, others: OutputsSoFar): Models[T] {
	const open = openers[type] as (output: Partial<Outputs[T]>, others: OutputsSoFar) => Models[T];
	return open(JSON.parse(JSON.stringify(output ?? {})) as Partial<Outputs[T]>, others);
}

/** What the server takes. Empty texts, empty groups and blank rows are left out. The result is a copy. */
export function toOutput<T extends ComponentType>(type: T, model: Models[T]): Outputs[T] {
	return pruneBlank(type, type === 'alternatives' ? withStatusQuoId(model as Models['alternatives']) : model) as Outputs[T];
}

/** The status quo is the flagged alternative; its id is stored beside the list too. */
function withStatusQuoId(model: Models['alternatives']): Models['alternatives'] {
	return { ...model, status_quo_id: model.alternatives.find((alternative) => alternative.is_status_quo)?.id ?? null };
}
