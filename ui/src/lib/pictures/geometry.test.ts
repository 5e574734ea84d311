import { expect, it } from 'vitest';
import { heatMapLayout } from './heat-map';
import { decimalText, fit, shorten } from './labels';
import { letter, signed, type RatingTable } from './rating-table';
import { slopeLayout, slopeLines, spread } from './slope';
import { tornado, tornadoLayout } from './tornado';
import { totalsLayout } from './totals-bars';

const W1: RatingTable = {
	alternativeIds: ['SQ', 'A', 'B', 'C', 'D'],
	objectiveIds: ['O1', 'O2', 'O3', 'O4'],
	statusQuoId: 'SQ',
	ratings: [
		[0, 2, 1, 1, -1],
		[0, -1, 0, -1, -1],
		[0, 1, 2, 1, 2],
		[0, 0, 0, 0, 0]
	]
};

it('letters go on after Z', () => {
	expect([0, 1, 25, 26, 27, 51, 52].map(letter)).toEqual(['A', 'B', 'Z', 'AA', 'AB', 'AZ', 'BA']);
});

it('signs use the real minus', () => {
	expect([2, 0, -1, null].map(signed)).toEqual(['+2', '0', '−1', '–']);
});

it('shortening never splits a character', () => {
	expect(shorten('résumé', 6)).toBe('résumé');
	expect(shorten('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2)).toBe('👩‍👩‍👧…');
	expect(fit('a very long objective', 70)).toBe('a very lo…');
});

it('decimals keep every digit', () => {
	expect(decimalText('1234567.890')).toMatch(/^1.234.567.890$/);
	expect(decimalText('-0.5')).toMatch(/^−0.5$/);
	expect(decimalText('soon')).toBe('soon');
});

it('bars start at zero and stay inside the picture', () => {
	const layout = totalsLayout([3, 0, -2], 360);
	const [up, none, down] = layout.bars;
	expect(up!.x).toBe(layout.zero);
	expect(none!.width).toBe(0);
	expect(down!.x + down!.width).toBeCloseTo(layout.zero);
	expect(up!.x + up!.width).toBeLessThanOrEqual(360);
	expect(down!.x).toBeGreaterThan(layout.labelWidth);
	expect(up!.width / 3).toBeCloseTo(down!.width / 2);
});

it('a heat map fills its frame until cells would become too narrow', () => {
	expect(heatMapLayout(3, 4, 360).width).toBeCloseTo(360);
	expect(heatMapLayout(50, 50, 360).width).toBe(144 + 50 * 34);
});

it('objectives with equal ratings share a line, gains come first', () => {
	const lines = slopeLines(W1, 'A', 'B');
	expect(lines.map((l) => [l.objectiveIds.join(), l.from, l.to, l.direction])).toEqual([
		['O3', 1, 2, 'gain'],
		['O2', -1, 0, 'gain'],
		['O4', 0, 0, 'same'],
		['O1', 2, 1, 'loss']
	]);
	expect(slopeLines(W1, 'A', 'unknown')).toEqual([]);
});

it('labels are moved apart, keep their order and stay inside', () => {
	expect(spread([10, 10, 10], 20, 10, 100)).toEqual([10, 30, 50]);
	expect(spread([95, 95], 20, 10, 100)).toEqual([80, 100]);
	expect(spread([50, 20], 20, 10, 100)).toEqual([50, 20]);
	const layout = slopeLayout(slopeLines(W1, 'A', 'B'), 360);
	const centres = layout.lines.map((l) => l.labelY).sort((a, b) => a - b);
	for (let i = 1; i < centres.length; i++) expect(centres[i]! - centres[i - 1]!).toBeGreaterThanOrEqual(20);
});

it('the tornado agrees with the smallest flip and with the sensitivity of W1', () => {
	const picture = tornado(W1)!;
	expect([picture.leader, picture.lead]).toEqual(['B', 1]);
	const oneStep = picture.swings.filter((s) => s.steps === 1);
	expect(oneStep.length).toBe(7);
	const b3 = picture.swings.find((s) => s.alternative_id === 'B' && s.objective_id === 'O3')!;
	expect([b3.low, b3.high, b3.flipsAt, b3.leadersAfter]).toEqual([-3, 1, 1, ['A', 'B']]);
	const c4 = picture.swings.find((s) => s.alternative_id === 'C' && s.objective_id === 'O4')!;
	expect([c4.steps, c4.low, c4.high]).toEqual([2, 0, 1]);
	const layout = tornadoLayout(picture, picture.swings.slice(0, 8), 360);
	expect(layout.bars.every((bar) => bar.x >= layout.labelWidth && bar.x + bar.width <= 360)).toBe(true);
	expect(layout.ticks.some((tick) => tick.value === 0)).toBe(true);
});

it('a tie has no lead and every bar touches zero', () => {
	const tie = tornado({ alternativeIds: ['S', 'A'], objectiveIds: ['O'], statusQuoId: 'S', ratings: [[0, 0]] })!;
	expect([tie.leader, tie.lead, tie.swings[0]!.steps]).toEqual(['S', 0, 1]);
});
