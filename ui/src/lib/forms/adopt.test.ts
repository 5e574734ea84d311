import { expect, it } from 'vitest';
import type { Tradeoffs } from '$lib/api/types';
import { analyse } from '$lib/pictures/analysis';
import { adopt, adoptable, countAdoptable } from './adopt';

const analysis = analyse({
	alternativeIds: ['S', 'A', 'B', 'C'],
	objectiveIds: ['1', '2', '3'],
	statusQuoId: 'S',
	ratings: [
		[0, 2, 1, 1],
		[0, -1, 0, -1],
		[0, 0, 0, 0]
	]
});
const nothing = (): Tradeoffs => ({ dominated_alternatives: [], irrelevant_objectives: [], tensions: [] });

it('everything found can be taken over, once', () => {
	const stored = nothing();
	const found = adoptable(stored, analysis);
	expect(found.dominated.map((d) => [d.alternative_id, d.dominated_by.join()])).toEqual([
		['S', 'B'],
		['C', 'A,B']
	]);
	expect(found.irrelevant).toEqual([{ objective_id: '3' }]);
	expect(found.tensions.map((t) => [t.alternative_id, t.gains.join(), t.losses.join(), t.net_score])).toEqual([
		['A', '1', '2', 1],
		['B', '2', '1', 1]
	]);
	adopt(stored, found);
	expect(countAdoptable(adoptable(stored, analysis))).toBe(0);
});

it('what people wrote stays when an entry is brought up to date', () => {
	const stored = nothing();
	stored.dominated_alternatives.push({ alternative_id: 'C', dominated_by: ['A'], explanation: 'noisy', cleared: { reason: 'cheap' } });
	stored.tensions.push({ alternative_id: 'A', gains: [], losses: [], net_score: 5, uncertainty_impact: 'much' });
	adopt(stored, adoptable(stored, analysis));
	expect(stored.dominated_alternatives[0]).toEqual({
		alternative_id: 'C',
		dominated_by: ['A', 'B'],
		explanation: 'noisy',
		cleared: { reason: 'cheap' }
	});
	expect(stored.tensions[0]).toEqual({ alternative_id: 'A', gains: ['1'], losses: ['2'], net_score: 1, uncertainty_impact: 'much' });
});
