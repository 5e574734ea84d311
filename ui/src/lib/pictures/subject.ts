/**
 * What the pictures draw: names and ratings of one cycle, taken either from the overview that the live channel delivers or
 * from outputs that are being edited.
 */
import type { Alternatives, Analysis, Consequences, Objectives, Overview } from '$lib/api/types';
import { analyse, type TableAnalysis } from './analysis';
import { parseDecimal } from './decimal';
import { isRating, letter, type RatingTable } from './rating-table';

export interface NamedAlternative {
	id: string;
	name: string;
	letter: string;
	isStatusQuo: boolean;
}
export interface NamedObjective {
	id: string;
	name: string;
}
export interface Subject {
	alternatives: NamedAlternative[];
	objectives: NamedObjective[];
	table: RatingTable;
}

/** The subject of an overview; null before there is a consequences table. */
export function subjectOfOverview(overview: Overview): Subject | null {
	const shown = overview.consequencesTable;
	if (!shown || shown.alternatives.length === 0 || shown.objectives.length === 0) return null;
	const alternatives = shown.alternatives.map((id, at) => {
		const known = overview.alternatives.find((alternative) => alternative.id === id);
		return { id, name: known?.name ?? letter(at), letter: known?.letter ?? letter(at), isStatusQuo: known?.isStatusQuo ?? false };
	});
	const objectives = shown.objectives.map((id, at) => ({
		id,
		name: overview.objectives.find((objective) => objective.id === id)?.description ?? String(at + 1)
	}));
	return {
		alternatives,
		objectives,
		table: {
			alternativeIds: shown.alternatives,
			objectiveIds: shown.objectives,
			statusQuoId: alternatives.find((alternative) => alternative.isStatusQuo)?.id ?? null,
			ratings: shown.objectives.map((_, row) => shown.alternatives.map((_, column) => shown.cells[row]?.[column]?.rating ?? null))
		}
	};
}

/** The subject of the outputs of a cycle; null until there are alternatives and fundamental objectives. */
export function subjectOfOutputs(
	objectives: Objectives | null,
	alternatives: Alternatives | null,
	consequences: Consequences | null
): Subject | null {
	const columns = alternatives?.alternatives ?? [];
	const rows = objectives?.fundamental_objectives ?? [];
	if (columns.length === 0 || rows.length === 0) return null;
	const cells = consequences?.table?.cells ?? {};
	return {
		alternatives: columns.map((a, at) => ({ id: a.id, name: a.name, letter: letter(at), isStatusQuo: a.is_status_quo })),
		objectives: rows.map((o) => ({ id: o.id, name: o.name })),
		table: {
			alternativeIds: columns.map((a) => a.id),
			objectiveIds: rows.map((o) => o.id),
			statusQuoId: columns.find((a) => a.is_status_quo)?.id ?? null,
			ratings: rows.map((o) =>
				columns.map((a) => {
					const rating = cells[`${a.id}:${o.id}`]?.rating;
					return isRating(rating) ? rating : null;
				})
			)
		}
	};
}

/** The analysis of the outputs as they stand in the browser, weighted totals included. */
export function previewOf(subject: Subject, objectives: Objectives | null): TableAnalysis {
	const weights = new Map(objectives?.fundamental_objectives.map((o) => [o.id, parseDecimal(o.weight)]));
	return analyse(
		subject.table,
		subject.objectives.map((o) => weights.get(o.id) ?? null)
	);
}

/** The server's analysis when it is there and speaks of the same table, else the browser's own. */
export function analysisFor(subject: Subject, server: Analysis | null): TableAnalysis {
	const same =
		server?.tensions != null &&
		server.pugh.scores.length === subject.alternatives.length &&
		server.pugh.scores.every((score, at) => score.alternative_id === subject.alternatives[at]?.id);
	return same && server ? server : analyse(subject.table);
}

/** Names by id, with the letter in front: "B  Lombard". */
export function alternativeName(subject: Subject, id: string): string {
	return subject.alternatives.find((alternative) => alternative.id === id)?.name ?? '?';
}
export function objectiveName(subject: Subject, id: string): string {
	return subject.objectives.find((objective) => objective.id === id)?.name ?? '?';
}
