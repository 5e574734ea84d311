import { describe, expect, it } from 'vitest';
import { analyse, sensitivity, smallestFlip, type TableAnalysis } from './analysis';
import { parseDecimal } from './decimal';
import type { RatingTable } from './rating-table';

/** Rows are given as in the specification: one list of ratings per objective. */
function table(alternatives: string, statusQuo: string | null, rows: Record<string, (number | null)[]>): RatingTable {
	return {
		alternativeIds: alternatives.split(' '),
		objectiveIds: Object.keys(rows),
		statusQuoId: statusQuo,
		ratings: Object.values(rows)
	};
}

const scores = (a: TableAnalysis) => a.pugh.scores.map((s) => s.score);
const ranks = (a: TableAnalysis) => a.pugh.scores.map((s) => s.rank);
const weighted = (a: TableAnalysis) => a.pugh.scores.map((s) => s.weighted_total);
const dominators = (a: TableAnalysis) =>
	Object.fromEntries(a.dominance.dominated.map((d) => [d.alternative_id, d.dominators.join(' ')]));
const dominatedBy = (a: TableAnalysis) =>
	Object.fromEntries(a.dominance.dominated.map((d) => [d.alternative_id, d.dominated_by]));
const flipCells = (a: TableAnalysis) =>
	a.pugh.flip!.cells.map((c) => `${c.alternative_id}:${c.objective_id} ${c.from}→${c.to}`);
const weights = (...values: (number | string)[]) => values.map((value) => parseDecimal(value));

const W1 = table('SQ A B C D', 'SQ', {
	O1: [0, 2, 1, 1, -1],
	O2: [0, -1, 0, -1, -1],
	O3: [0, 1, 2, 1, 2],
	O4: [0, 0, 0, 0, 0]
});

describe('W1', () => {
	const a = analyse(W1);

	it('scores, ranks and counts', () => {
		expect(scores(a)).toEqual([0, 2, 3, 1, 0]);
		expect(ranks(a)).toEqual([4, 2, 1, 3, 4]);
		expect(a.pugh.scores.map((s) => `${s.plus}/${s.zero}/${s.minus}`)).toEqual([
			'0/4/0',
			'2/1/1',
			'2/2/0',
			'2/1/1',
			'1/1/2'
		]);
	});

	it('names the leader, the dominated and the viable', () => {
		expect(a.pugh.leaders).toEqual(['B']);
		expect(a.pugh.best_alternative).toBe('B');
		expect(dominators(a)).toEqual({ SQ: 'B', C: 'A B', D: 'B' });
		expect(dominatedBy(a)).toEqual({ SQ: 'B', C: 'A', D: 'B' });
		expect(a.dominance.viable).toEqual(['A', 'B']);
		expect(a.irrelevant.irrelevant).toEqual([{ objective_id: 'O4', rating: 0 }]);
	});

	it('finds the tensions', () => {
		expect(a.tensions.entries).toEqual([
			{ alternative_id: 'A', gains: ['O1'], losses: ['O2', 'O3'], net_score: 2 },
			{ alternative_id: 'B', gains: ['O2', 'O3'], losses: ['O1'], net_score: 3 }
		]);
		expect(a.tensions.most_balanced).toEqual(['A', 'B']);
		expect(a.tensions.most_polarizing).toEqual(['A', 'B']);
	});

	it('gives margin, verdict and the smallest flip', () => {
		expect(a.pugh.relevant_objectives).toBe(3);
		expect(a.pugh.gap).toBe(1);
		expect(a.pugh.margin_percent).toBe(16.67);
		expect(a.pugh.verdict).toBe('leads_with_tradeoffs');
		expect(a.pugh.clear_winner).toBeNull();
		expect(a.pugh.flip!.steps).toBe(1);
		expect(a.pugh.flip!.rivals).toEqual(['A']);
		expect(flipCells(a)).toEqual([
			'B:O1 1→0',
			'A:O2 -1→0',
			'B:O2 0→-1',
			'A:O3 1→2',
			'B:O3 2→1',
			'A:O4 0→1',
			'B:O4 0→-1'
		]);
		expect(a.pugh.flip!.cells.every((c) => c.leaders_after.join(' ') === 'A B')).toBe(true);
	});

	it('tells what each value of a cell would do', () => {
		const b3 = sensitivity(W1, 'B', 'O3')!;
		expect(b3.map((e) => [e.value, e.change, e.leaders.join(' ')])).toEqual([
			[-2, -4, 'A'],
			[-1, -3, 'A'],
			[0, -2, 'A'],
			[1, -1, 'A B']
		]);
		const a2 = sensitivity(W1, 'A', 'O2')!;
		expect(a2.map((e) => [e.value, e.leaders.join(' '), e.leaders_change, e.still_leads])).toEqual([
			[-2, 'B', false, false],
			[0, 'A B', true, true],
			[1, 'A', true, true],
			[2, 'A', true, true]
		]);
		expect(sensitivity(W1, 'SQ', 'O1')).toBeNull();
	});
});

describe('W2, a chain without a status quo', () => {
	it('gives the undominated dominator in both orders', () => {
		const a = analyse(table('A B C', null, { O1: [2, 1, 0], O2: [1, 1, 1] }));
		expect(scores(a)).toEqual([3, 2, 1]);
		expect(dominators(a)).toEqual({ B: 'A', C: 'A B' });
		expect(dominatedBy(a)).toEqual({ B: 'A', C: 'A' });
		expect(a.dominance.viable).toEqual(['A']);
		expect(a.tensions.entries).toEqual([{ alternative_id: 'A', gains: [], losses: [], net_score: 3 }]);
		expect(a.tensions.sole_viable).toBe('A');
		expect(a.irrelevant.irrelevant).toEqual([{ objective_id: 'O2', rating: 1 }]);
		expect([a.pugh.relevant_objectives, a.pugh.margin_percent]).toEqual([1, 50]);
		expect([a.pugh.verdict, a.pugh.clear_winner]).toEqual(['clear_winner', 'A']);
		expect(a.pugh.flip!.rivals).toEqual(['B']);
		expect(flipCells(a)).toEqual(['A:O1 2→1', 'B:O1 1→2', 'A:O2 1→0', 'B:O2 1→2']);

		const reversed = analyse(table('C B A', null, { O1: [0, 1, 2], O2: [1, 1, 1] }));
		expect(dominatedBy(reversed)).toEqual({ B: 'A', C: 'A' });
	});
});

it('W3: equal rows dominate neither', () => {
	const a = analyse(table('SQ A B', 'SQ', { O1: [0, 1, 1], O2: [0, -1, -1] }));
	expect(scores(a)).toEqual([0, 0, 0]);
	expect([a.pugh.tied, a.pugh.best_alternative]).toEqual([true, null]);
	expect(a.dominance.dominated).toEqual([]);
	expect(a.tensions.entries.map((t) => [t.alternative_id, t.gains.join(), t.losses.join()])).toEqual([
		['SQ', 'O2', 'O1'],
		['A', 'O1', 'O2'],
		['B', 'O1', 'O2']
	]);
	expect(a.pugh.verdict).toBe('no_clear_winner');
	expect([a.pugh.flip!.steps, a.pugh.flip!.cells.length]).toEqual([1, 8]);
});

it('W4: a tie with different profiles', () => {
	const a = analyse(table('A SQ C', 'SQ', { 1: [2, 0, 1], 2: [-1, 0, 1], 3: [2, 0, 1] }));
	expect(scores(a)).toEqual([3, 0, 3]);
	expect([a.pugh.leaders, a.pugh.best_alternative]).toEqual([['A', 'C'], null]);
	expect(dominators(a)).toEqual({ SQ: 'C' });
	expect(a.tensions.entries.map((t) => [t.gains.join(), t.losses.join()])).toEqual([
		['1,3', '2'],
		['2', '1,3']
	]);
	expect(a.pugh.verdict).toBe('no_clear_winner');
	expect([a.pugh.flip!.steps, a.pugh.flip!.cells.length]).toEqual([1, 10]);
});

it('W5: a gap makes everything provisional', () => {
	const a = analyse(table('SQ A', 'SQ', { O1: [null, 1], O2: [null, null] }));
	expect(scores(a)).toEqual([0, 1]);
	expect(a.pugh.complete).toBe(false);
	expect(a.pugh.missing.map((m) => `${m.alternative_id}:${m.objective_id}`)).toEqual(['SQ:O1', 'SQ:O2', 'A:O2']);
	expect(dominatedBy(a)).toEqual({ SQ: 'A' });
	expect(a.pugh.verdict).toBe('incomplete');
});

describe('tables from practice', () => {
	it('A1: sub-agents', () => {
		const a = analyse(
			table('A B C', 'A', {
				independence: [0, 2, 2],
				parallel: [0, 1, 1],
				faithful: [0, 1, -1],
				cost: [0, 0, -2],
				removal: [0, 0, -1],
				guardrail: [0, 1, 0]
			}),
			weights(3, 2, 2, 2, 1, 2)
		);
		expect(scores(a)).toEqual([0, 5, -1]);
		expect(weighted(a)).toEqual(['0', '12', '1']);
		expect(dominators(a)).toEqual({ A: 'B', C: 'B' });
		expect(a.dominance.viable).toEqual(['B']);
		expect(a.tensions.entries).toEqual([{ alternative_id: 'B', gains: [], losses: [], net_score: 5 }]);
		expect([a.pugh.margin_percent, a.pugh.verdict, a.pugh.clear_winner]).toEqual([41.67, 'clear_winner', 'B']);
		expect(a.pugh.flip).toEqual({ steps: 5, rivals: ['A'], single_cell: false, cells: [] });
	});

	it('A2: flow control, where the weighted order differs', () => {
		const a = analyse(
			table('A B C D', 'A', {
				cli: [0, 1, -1, 1],
				source: [0, 1, -2, 1],
				resume: [0, 1, -1, 0],
				migration: [0, -1, -1, -2],
				others: [0, 1, 0, -1]
			}),
			weights(3, 3, 3, 2, 1)
		);
		expect(scores(a)).toEqual([0, 3, -5, -1]);
		expect(weighted(a)).toEqual(['0', '8', '-14', '1']);
		expect(dominators(a)).toEqual({ C: 'A B', D: 'B' });
		expect(a.dominance.viable).toEqual(['A', 'B']);
		expect(a.tensions.entries.map((t) => [t.gains.join(), t.losses.join()])).toEqual([
			['migration', 'cli,source,resume,others'],
			['cli,source,resume,others', 'migration']
		]);
		expect([a.pugh.margin_percent, a.pugh.verdict]).toEqual([30, 'leads_with_tradeoffs']);
		expect(a.pugh.flip!.steps).toBe(3);
		expect(a.pugh.flip!.rivals).toEqual(['A']);
		expect(flipCells(a)).toEqual(['B:cli 1→-2', 'B:source 1→-2', 'B:resume 1→-2', 'B:others 1→-2']);
	});

	it('A3: quality gates', () => {
		const a = analyse(
			table('baseline dispatcher ci', 'baseline', {
				1: [0, 1, 1],
				2: [0, 1, 1],
				3: [0, 1, 1],
				4: [0, 0, -1],
				5: [0, 1, 1],
				6: [0, 1, -1]
			}),
			weights(3, 2, 3, 2, 2, 1)
		);
		expect(scores(a)).toEqual([0, 5, 2]);
		expect(weighted(a)).toEqual(['0', '11', '7']);
		expect(a.dominance.viable).toEqual(['dispatcher']);
		expect([a.pugh.margin_percent, a.pugh.clear_winner]).toEqual([25, 'dispatcher']);
		expect([a.pugh.flip!.steps, a.pugh.flip!.rivals, a.pugh.flip!.cells.length]).toEqual([3, ['ci'], 7]);
	});

	it('A6: the smallest legal table, won by the status quo', () => {
		const a = analyse(
			table('keep change', 'keep', { 1: [0, -1], 2: [0, -1], 3: [0, -1], 4: [0, 0], 5: [0, -1], 6: [0, -1] }),
			weights(3, 3, 3, 2, 2, 2)
		);
		expect(scores(a)).toEqual([0, -5]);
		expect(weighted(a)).toEqual(['0', '-13']);
		expect(dominatedBy(a)).toEqual({ change: 'keep' });
		expect(a.irrelevant.irrelevant).toEqual([{ objective_id: '4', rating: 0 }]);
		expect([a.pugh.relevant_objectives, a.pugh.margin_percent, a.pugh.clear_winner]).toEqual([5, 50, 'keep']);
		expect([a.pugh.flip!.steps, a.pugh.flip!.single_cell]).toEqual([5, false]);
	});

	it('A8: raw input without a status quo, exact decimal weights', () => {
		const a = analyse(
			table('build buy license', null, {
				cost: [1, -1, -2],
				time: [-2, 2, 1],
				risk: [-2, 0, 2],
				custom: [2, -1, 0],
				quality: [1, -1, 1],
				scale: [1, 2, 2]
			}),
			weights('.25', '.20', '.20', '.15', '.10', '.10')
		);
		expect(scores(a)).toEqual([1, 1, 4]);
		expect(ranks(a)).toEqual([2, 2, 1]);
		expect(weighted(a)).toEqual(['-0.05', '0.10', '0.40']);
		expect(a.dominance.dominated).toEqual([]);
		expect([a.pugh.margin_percent, a.pugh.verdict]).toEqual([25, 'leads_with_tradeoffs']);
		expect(a.tensions.most_polarizing).toEqual(['buy', 'license']);
		expect(a.tensions.most_balanced).toEqual(['build', 'buy']);
		expect([a.pugh.flip!.steps, a.pugh.flip!.rivals, a.pugh.flip!.cells.length]).toEqual([3, ['build', 'buy'], 9]);
	});

	it('C1: the syringe, a leader without a clear win', () => {
		const a = analyse(
			table('A B C D E F G', 'D', {
				handling: [0, 0, -1, 0, 0, -1, -1],
				use: [0, -1, -1, 0, 0, 1, 0],
				readability: [0, 0, 1, 0, 1, 0, 1],
				accuracy: [0, 0, 0, 0, -1, 0, 0],
				durability: [0, 0, 0, 0, 0, 1, 0],
				manufacture: [1, -1, -1, 0, 0, -1, 0],
				portability: [1, 1, 0, 0, 1, 0, 0]
			})
		);
		expect(scores(a)).toEqual([2, -1, -2, 0, 1, 0, 0]);
		expect(ranks(a)).toEqual([1, 6, 7, 3, 2, 3, 3]);
		expect(dominatedBy(a)).toEqual({ B: 'A', C: 'G', D: 'A' });
		expect(a.dominance.viable).toEqual(['A', 'E', 'F', 'G']);
		const tensionA = a.tensions.entries[0]!;
		expect(tensionA.gains).toEqual(['handling', 'accuracy', 'manufacture', 'portability']);
		expect(tensionA.losses).toEqual(['use', 'readability', 'durability']);
		expect(a.tensions.most_balanced).toEqual(['E']);
		expect(a.tensions.most_polarizing).toEqual(['E', 'G']);
		expect([a.pugh.gap, a.pugh.margin_percent, a.pugh.verdict]).toEqual([1, 7.14, 'no_clear_winner']);
		expect(a.pugh.leaders).toEqual(['A']);
		expect([a.pugh.flip!.steps, a.pugh.flip!.rivals, a.pugh.flip!.cells.length]).toEqual([1, ['E'], 14]);
	});
});

it('H6: what no longer distinguishes is not irrelevant', () => {
	const a = analyse(table('SQ A B', 'SQ', { O1: [0, 1, 1], O2: [0, 2, 0], O3: [0, 0, 2] }));
	expect(dominatedBy(a)).toEqual({ SQ: 'A' });
	expect(a.irrelevant.irrelevant).toEqual([]);
	expect(a.irrelevant.no_longer_distinguishing).toEqual(['O1']);
	expect(a.pugh.leaders).toEqual(['A', 'B']);
});

it('has nothing to say about empty tables and no flip for a single alternative', () => {
	const empty = analyse(table('', null, {}));
	expect(empty.pugh.verdict).toBe('incomplete');
	const none = analyse({ alternativeIds: [], objectiveIds: [], statusQuoId: null, ratings: [] });
	expect([none.pugh.scores, none.pugh.leaders, none.tensions.entries]).toEqual([[], [], []]);
	expect(smallestFlip(table('A', null, { O1: [1] }))).toBeNull();
});
