/** What the comparison page works out by itself: which cycles are compared, and in which order differences are shown. */
import type { Comparison, CycleNode } from '$lib/api/types';

export const FEWEST = 2;
export const MOST = 10;

export type Significance = Comparison['differences'][number]['significance'];
export const SIGNIFICANCES: readonly Significance[] = ['major', 'moderate', 'minor'];

/** All cycles of a tree, parents before their branches. */
export function cyclesOf(tree: readonly CycleNode[]): CycleNode[] {
	return tree.flatMap((node) => [node, ...cyclesOf(node.children)]);
}

/** The cycles an address names: each once, known ones only, at most ten. */
export function chosen(query: string | null, known: readonly CycleNode[]): string[] {
	const asked = (query ?? '').split(',').filter((id) => known.some((cycle) => cycle.cycleId === id));
	return [...new Set(asked)].slice(0, MOST);
}

/** One more or one fewer, in the order of the tree. */
export function toggled(picked: readonly string[], id: string, known: readonly CycleNode[]): string[] {
	const wanted = picked.includes(id) ? picked.filter((other) => other !== id) : [...picked, id];
	return known.map((cycle) => cycle.cycleId).filter((cycleId) => wanted.includes(cycleId));
}

/** Differences by weight, heaviest first; inside a weight in the order given. */
export function byWeight(differences: Comparison['differences']): { significance: Significance; differences: Comparison['differences'] }[] {
	return SIGNIFICANCES.map((significance) => ({
		significance,
		differences: differences.filter((difference) => difference.significance === significance)
	})).filter((group) => group.differences.length > 0);
}
