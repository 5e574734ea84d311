/**
 * The client's twin of the server's analysis: totals, dominance, irrelevance, tensions, margin,
 * verdict, smallest flip, sensitivity and decision quality. It serves live previews only; the
 * server's results are authoritative. Everything is integer or exact decimal arithmetic.
 */
import type { Dominance, Flip, FlipCell, Id, Irrelevant, Pugh, Sensitivity, Tensions, Verdict } from '$lib/api/types';
import { add, formatDecimal, timesInteger, ZERO, type Decimal } from './decimal';
import { filled, isRating, RATINGS, withRating, type RatingTable } from './rating-table';

/** What the server's analysis holds about a table, apart from quantities and decision quality. */
export interface TableAnalysis {
	pugh: Pugh;
	dominance: { dominated: Omit<Dominance['dominated'][number], 'explanation'>[]; viable: Id[] };
	irrelevant: Irrelevant;
	tensions: Tensions;
}

export type SensitivityEntry = Sensitivity['entries'][number];
type Tension = Tensions['entries'][number];

function totals(grid: number[][], columns: number): number[] {
	return Array.from({ length: columns }, (_, column) =>
		grid.reduce((sum, row) => sum + (row[column] ?? 0), 0)
	);
}

function leadersOf(scores: number[]): number[] {
	const best = Math.max(...scores);
	return scores.flatMap((score, at) => (score === best ? [at] : []));
}

/** Competition ranks: equal scores share a rank and the next rank is skipped. */
export function competitionRanks(scores: readonly number[]): number[] {
	return scores.map((score) => 1 + scores.filter((other) => other > score).length);
}

function sameSet(a: number[], b: number[]): boolean {
	return a.length === b.length && a.every((value, at) => value === b[at]);
}

function dominates(grid: number[][], a: number, b: number): boolean {
	let better = false;
	for (const row of grid) {
		if (row[a]! < row[b]!) return false;
		if (row[a]! > row[b]!) better = true;
	}
	return better;
}

function dominance(table: RatingTable, grid: number[][]): TableAnalysis['dominance'] {
	const columns = table.alternativeIds.map((_, at) => at);
	const dominators = columns.map((b) => columns.filter((a) => a !== b && dominates(grid, a, b)));
	const dominated = columns.flatMap((b) => {
		const above = dominators[b]!;
		if (above.length === 0) return [];
		const first = above.find((a) => dominators[a]!.length === 0)!;
		return [
			{
				alternative_id: table.alternativeIds[b]!,
				dominators: above.map((a) => table.alternativeIds[a]!),
				dominated_by: table.alternativeIds[first]!,
				strictly_worse_on: table.objectiveIds.filter((_, row) => grid[row]![b]! < grid[row]![first]!)
			}
		];
	});
	const viable = table.alternativeIds.filter((_, at) => dominators[at]!.length === 0);
	return { dominated, viable };
}

function irrelevance(
	table: RatingTable,
	grid: number[][],
	viable: string[]
): TableAnalysis['irrelevant'] {
	const kept = table.alternativeIds.map((id) => viable.includes(id));
	const irrelevant: { objective_id: string; rating: number }[] = [];
	const noLonger: string[] = [];
	table.objectiveIds.forEach((id, row) => {
		const ratings = grid[row]!;
		if (ratings.length < 2) return;
		if (ratings.every((rating) => rating === ratings[0])) {
			irrelevant.push({ objective_id: id, rating: ratings[0]! });
			return;
		}
		const among = ratings.filter((_, column) => kept[column]);
		if (among.length >= 2 && among.every((rating) => rating === among[0])) noLonger.push(id);
	});
	return { irrelevant, no_longer_distinguishing: noLonger };
}

function extremes(entries: Tension[], measure: (entry: Tension) => number): string[] {
	const best = Math.min(...entries.map(measure));
	return entries.filter((entry) => measure(entry) === best).map((entry) => entry.alternative_id);
}

function tensions(
	table: RatingTable,
	grid: number[][],
	scores: number[],
	viable: string[]
): TableAnalysis['tensions'] {
	const columns = table.alternativeIds.flatMap((id, at) => (viable.includes(id) ? [at] : []));
	const entries = columns.map((a) => {
		const rows = table.objectiveIds.map((id, row) => ({ id, ratings: grid[row]! }));
		const others = columns.filter((b) => b !== a);
		return {
			alternative_id: table.alternativeIds[a]!,
			gains: rows.filter((r) => others.some((b) => r.ratings[a]! > r.ratings[b]!)).map((r) => r.id),
			losses: rows.filter((r) => others.some((b) => r.ratings[a]! < r.ratings[b]!)).map((r) => r.id),
			net_score: scores[a]!
		};
	});
	return {
		entries,
		count: entries.length,
		sole_viable: entries.length === 1 ? entries[0]!.alternative_id : null,
		most_balanced: extremes(entries, (e) => Math.abs(e.gains.length - e.losses.length)),
		most_polarizing: extremes(entries, (e) => -(e.gains.length + e.losses.length))
	};
}

/** The smallest change of ratings after which the set of leaders is another one. */
export function smallestFlip(table: RatingTable): Flip | null {
	const columns = table.alternativeIds.length;
	if (columns < 2 || table.objectiveIds.length === 0) return null;
	const grid = filled(table);
	const scores = totals(grid, columns);
	const leaders = leadersOf(scores);
	const best = Math.max(...scores);
	const tied = leaders.length > 1;
	const second = tied ? best : Math.max(...scores.filter((score) => score !== best));
	const steps = tied ? 1 : best - second;
	const rivals = scores.flatMap((score, at) => (score === second ? [table.alternativeIds[at]!] : []));

	const cells: FlipCell[] = [];
	table.objectiveIds.forEach((objective, row) =>
		table.alternativeIds.forEach((alternative, column) => {
			if (alternative === table.statusQuoId) return;
			const from = grid[row]![column]!;
			for (const to of [from - steps, from + steps]) {
				if (!isRating(to)) continue;
				const changed = scores.map((score, at) => (at === column ? score + to - from : score));
				const after = leadersOf(changed);
				if (sameSet(after, leaders)) continue;
				const leaders_after = after.map((at) => table.alternativeIds[at]!);
				cells.push({ alternative_id: alternative, objective_id: objective, from, to, leaders_after });
			}
		})
	);
	return { steps, rivals, single_cell: cells.length > 0, cells };
}

/** What each other value of one cell would do; null for a cell of the status-quo column. */
export function sensitivity(
	table: RatingTable,
	alternativeId: string,
	objectiveId: string
): SensitivityEntry[] | null {
	const column = table.alternativeIds.indexOf(alternativeId);
	const row = table.objectiveIds.indexOf(objectiveId);
	if (column < 0 || row < 0 || alternativeId === table.statusQuoId) return null;
	const columns = table.alternativeIds.length;
	const now = table.ratings[row]?.[column] ?? 0;
	const leaders = leadersOf(totals(filled(table), columns));
	return RATINGS.filter((value) => value !== now).map((value) => {
		const after = leadersOf(totals(filled(withRating(table, row, column, value)), columns));
		return {
			value,
			change: value - now,
			leaders: after.map((at) => table.alternativeIds[at]!),
			leaders_change: !sameSet(after, leaders),
			still_leads: after.includes(column)
		};
	});
}

function verdictOf(complete: boolean, columns: number, tied: boolean, gap: number, relevant: number, viable: number): Verdict {
	if (!complete || columns < 2) return 'incomplete';
	if (tied || relevant === 0 || 5 * gap < relevant) return 'no_clear_winner';
	return viable === 1 ? 'clear_winner' : 'leads_with_tradeoffs';
}

function weightedTotal(grid: number[][], column: number, weights: readonly (Decimal | null)[]): string | null {
	if (weights.length === 0 || weights.length !== grid.length) return null;
	let sum = ZERO;
	for (const [row, weight] of weights.entries()) {
		if (!weight) return null;
		sum = add(sum, timesInteger(weight, grid[row]![column]!));
	}
	return formatDecimal(sum);
}

/** The whole analysis of a table. `weights` follow the objectives; one null leaves out the weighted total. */
export function analyse(table: RatingTable, weights: readonly (Decimal | null)[] = []): TableAnalysis {
	const columns = table.alternativeIds.length;
	const grid = filled(table);
	const scores = totals(grid, columns);
	const ranks = competitionRanks(scores);
	const leaders = columns === 0 ? [] : leadersOf(scores);
	const tied = leaders.length > 1;
	const best = Math.max(...scores);
	const rest = scores.filter((score) => score !== best);
	const gap = tied || rest.length === 0 ? 0 : best - Math.max(...rest);

	const dominated = dominance(table, grid);
	const irrelevant = irrelevance(table, grid, dominated.viable);
	const relevant = table.objectiveIds.length - irrelevant.irrelevant.length;
	const missing = table.objectiveIds.flatMap((objective_id, row) =>
		table.alternativeIds.flatMap((alternative_id, column) =>
			isRating(table.ratings[row]?.[column]) ? [] : [{ alternative_id, objective_id }]
		)
	);
	const verdict = verdictOf(missing.length === 0, columns, tied, gap, relevant, dominated.viable.length);
	const leader = leaders.length === 1 ? table.alternativeIds[leaders[0]!]! : null;
	const count = (column: number, sign: number) =>
		grid.filter((row) => Math.sign(row[column]!) === sign).length;

	return {
		pugh: {
			complete: missing.length === 0,
			missing,
			baseline: table.statusQuoId,
			scores: table.alternativeIds.map((alternative_id, column) => ({
				alternative_id,
				score: scores[column]!,
				plus: count(column, 1),
				zero: count(column, 0),
				minus: count(column, -1),
				rank: ranks[column]!,
				weighted_total: weightedTotal(grid, column, weights)
			})),
			leaders: leaders.map((at) => table.alternativeIds[at]!),
			tied,
			best_alternative: leader,
			gap,
			relevant_objectives: relevant,
			margin_percent: relevant === 0 ? 0 : Math.round((5000 * gap) / relevant) / 100,
			verdict,
			clear_winner: verdict === 'clear_winner' ? leader : null,
			flip: smallestFlip(table)
		},
		dominance: dominated,
		irrelevant,
		tensions: tensions(table, grid, scores, dominated.viable)
	};
}
