import { expect, it } from 'vitest';
import { DQ_ELEMENTS } from '$lib/api/types';
import { decisionQuality, priorityOf } from './quality';

const rated = (...scores: (number | null)[]) =>
	decisionQuality(DQ_ELEMENTS.map((name, at) => ({ name, score: scores[at] ?? null })));

it('takes the minimum, names the weakest and orders the suggestions', () => {
	const quality = rated(85, 90, 75, 70, 85, 80, 65);
	expect(quality.overall).toBe(65);
	expect(quality.weakest).toBe('commitment_to_follow_through');
	expect(quality.acceptable).toBe(false);
	expect(quality.suggestions.map((s) => [s.element, s.score, s.priority])).toEqual([
		['commitment_to_follow_through', 65, 'medium'],
		['reliable_consequence_information', 70, 'medium'],
		['creative_alternatives', 75, 'low']
	]);
});

it('knows good, bad and perfect', () => {
	const good = rated(80, 80, 80, 80, 80, 80, 80);
	expect([good.overall, good.acceptable, good.suggestions]).toEqual([80, true, []]);
	const bad = rated(90, 90, 90, 40, 90, 90, 90);
	expect([bad.overall, bad.suggestions[0]!.priority]).toEqual([40, 'high']);
	expect(rated(100, 100, 100, 100, 100, 100, 100).affirmation_offered).toBe(true);
});

it('reports the lowest so far while one is missing', () => {
	const quality = rated(72, 90, 80, 80, 80, 80, null);
	expect([quality.overall, quality.lowest_so_far, quality.rated]).toEqual([null, 72, 6]);
});

it('has the borders of the priorities', () => {
	expect([30, 31, 50, 51, 70, 71].map(priorityOf)).toEqual(['critical', 'high', 'high', 'medium', 'medium', 'low']);
});
