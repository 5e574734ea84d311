import { describe, expect, it } from 'vitest';
import type { CycleNode } from '$lib/api/types';
import { flatten, layoutTree, NODE } from './layout';

const letters = { p: 'completed', r: 'completed', o: 'in_progress', a: 'not_started', c: 'not_started', t: 'not_started' } as const;
function node(cycleId: string, createdAt: string, children: CycleNode[] = []): CycleNode {
	return {
		cycleId,
		label: null,
		status: 'active',
		branchPoint: null,
		letters,
		overallPercent: 33,
		dqScore: null,
		createdAt,
		updatedAt: createdAt,
		children
	};
}
const tree = [
	node('root', '2026-01-01T00:00:00Z', [
		node('late', '2026-01-05T00:00:00Z'),
		node('early', '2026-01-02T00:00:00Z', [node('deep', '2026-01-03T00:00:00Z')])
	])
];

describe('the cycle tree', () => {
	it('lists parents before children and siblings by age', () => {
		expect(flatten(tree).map((entry) => [entry.node.cycleId, entry.depth])).toEqual([
			['root', 0],
			['early', 1],
			['deep', 2],
			['late', 1]
		]);
	});
	it('lets no two cycles overlap, in any layout', () => {
		for (const layout of ['vertical', 'horizontal', 'time'] as const) {
			const { nodes, width, height } = layoutTree(tree, layout);
			for (const a of nodes) {
				expect(a.x + NODE.width).toBeLessThanOrEqual(width);
				expect(a.y + NODE.height).toBeLessThanOrEqual(height);
				for (const b of nodes) {
					if (a === b) continue;
					const apart = Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height;
					expect(apart, `${layout}: ${a.node.cycleId} and ${b.node.cycleId}`).toBe(true);
				}
			}
		}
	});
	it('links every child to its parent', () => {
		expect(layoutTree(tree, 'horizontal').links.map((link) => link.id)).toEqual(['early', 'deep', 'late']);
	});
	it('goes from left to right in time', () => {
		const x = Object.fromEntries(layoutTree(tree, 'time').nodes.map((placed) => [placed.node.cycleId, placed.x]));
		expect(x['root']).toBe(0);
		expect(x['early']).toBeLessThan(x['deep']!);
		expect(x['deep']).toBeLessThan(x['late']!);
	});
	it('is not confused by an empty tree or by equal times', () => {
		expect(layoutTree([], 'time')).toMatchObject({ nodes: [], links: [] });
		const same = layoutTree([node('a', '2026-01-01T00:00:00Z'), node('b', '2026-01-01T00:00:00Z')], 'time');
		expect(same.nodes.map((placed) => placed.x)).toEqual([0, 0]);
	});
});
