/** Computed tradeoffs beside the stored ones: what could be taken over, and what is stored but no longer computed. */
import type { DominatedAlternative, IrrelevantObjective, TensionEntry, Tradeoffs } from '$lib/api/types';
import type { TableAnalysis } from '$lib/pictures/analysis';

export interface Adoptable {
	dominated: DominatedAlternative[];
	irrelevant: IrrelevantObjective[];
	tensions: TensionEntry[];
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((id) => b.includes(id));
}

/** What the analysis says, in the form in which it is stored. */
export function computed(analysis: TableAnalysis): Adoptable {
	return {
		dominated: analysis.dominance.dominated.map((d) => ({ alternative_id: d.alternative_id, dominated_by: [...d.dominators] })),
		irrelevant: analysis.irrelevant.irrelevant.map((i) => ({ objective_id: i.objective_id })),
		tensions: analysis.tensions.entries.map((t) => ({
			alternative_id: t.alternative_id,
			gains: [...t.gains],
			losses: [...t.losses],
			net_score: t.net_score
		}))
	};
}

export function sameDominated(stored: DominatedAlternative, now: DominatedAlternative | undefined): boolean {
	return now !== undefined && sameIds(stored.dominated_by, now.dominated_by);
}

export function sameTension(stored: TensionEntry, now: TensionEntry | undefined): boolean {
	return (
		now !== undefined && stored.net_score === now.net_score && sameIds(stored.gains, now.gains) && sameIds(stored.losses, now.losses)
	);
}

/** What is computed and not yet stored, or stored with other ids. */
export function adoptable(stored: Tradeoffs, analysis: TableAnalysis): Adoptable {
	const now = computed(analysis);
	return {
		dominated: now.dominated.filter((entry) => {
			const kept = stored.dominated_alternatives.find((d) => d.alternative_id === entry.alternative_id);
			return !kept || !sameDominated(kept, entry);
		}),
		irrelevant: now.irrelevant.filter((entry) => !stored.irrelevant_objectives.some((i) => i.objective_id === entry.objective_id)),
		tensions: now.tensions.filter((entry) => {
			const kept = stored.tensions.find((t) => t.alternative_id === entry.alternative_id);
			return !kept || !sameTension(kept, entry);
		})
	};
}

export function countAdoptable(found: Adoptable): number {
	return found.dominated.length + found.irrelevant.length + found.tensions.length;
}

/** Takes computed entries over. What people wrote beside them (explanations, reasons, a cleared mark) stays. */
export function adopt(stored: Tradeoffs, found: Adoptable): void {
	for (const entry of found.dominated) {
		const kept = stored.dominated_alternatives.find((d) => d.alternative_id === entry.alternative_id);
		if (kept) kept.dominated_by = [...entry.dominated_by];
		else stored.dominated_alternatives.push({ ...entry });
	}
	for (const entry of found.irrelevant) {
		if (!stored.irrelevant_objectives.some((i) => i.objective_id === entry.objective_id)) stored.irrelevant_objectives.push({ ...entry });
	}
	for (const entry of found.tensions) {
		const kept = stored.tensions.find((t) => t.alternative_id === entry.alternative_id);
		if (kept) Object.assign(kept, { gains: [...entry.gains], losses: [...entry.losses], net_score: entry.net_score });
		else stored.tensions.push({ ...entry });
	}
}
