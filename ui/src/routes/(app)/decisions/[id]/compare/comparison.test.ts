import { expect, it } from 'vitest';
import type { Comparison, CycleNode } from '$lib/api/types';
import { byWeight, chosen, cyclesOf, toggled } from './comparison';

const node = (cycleId: string, children: CycleNode[] = []) => ({ cycleId, children }) as CycleNode;
const all = cyclesOf([node('a', [node('b', [node('c')]), node('d')]), node('e')]);

it('walks the tree with parents first', () => {
	expect(all.map((cycle) => cycle.cycleId)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('takes from the address what is known, once', () => {
	expect(chosen('c,a,x,c', all)).toEqual(['c', 'a']);
	expect(chosen(null, all)).toEqual([]);
	const many = Array.from({ length: 12 }, (_, at) => node(`n${at}`));
	expect(chosen(many.map((n) => n.cycleId).join(','), many)).toHaveLength(10);
});

it('adds and removes in the order of the tree', () => {
	expect(toggled(['d'], 'b', all)).toEqual(['b', 'd']);
	expect(toggled(['b', 'd'], 'b', all)).toEqual(['d']);
});

it('sorts differences by weight', () => {
	const difference = (significance: Comparison['differences'][number]['significance'], description: string) => ({
		component: 'consequences' as const,
		cycle: 'b',
		description,
		significance
	});
	const groups = byWeight([difference('minor', '1'), difference('major', '2'), difference('minor', '3')]);
	expect(groups.map((g) => [g.significance, g.differences.map((d) => d.description).join()])).toEqual([
		['major', '2'],
		['minor', '1,3']
	]);
});
