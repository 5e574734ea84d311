/** Where the cycles of a decision stand in the picture. Pure; distances in pixels. */
import type { CycleNode } from '$lib/api/types';

export type TreeLayout = 'vertical' | 'horizontal' | 'time';
export const NODE = { width: 168, height: 60 } as const;
const GAP = { indent: 18, row: 14, column: 44 } as const;

export interface PlacedNode {
	node: CycleNode;
	parent: CycleNode | null;
	depth: number;
	x: number;
	y: number;
}
export interface TreePicture {
	nodes: PlacedNode[];
	/** SVG path data from each parent to its children. */
	links: { id: string; path: string }[];
	width: number;
	height: number;
}

/** All cycles, parents before their children, siblings by age. */
export function flatten(roots: readonly CycleNode[], parent: CycleNode | null = null, depth = 0): Omit<PlacedNode, 'x' | 'y'>[] {
	return [...roots]
		.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
		.flatMap((node) => [{ node, parent, depth }, ...flatten(node.children, node, depth + 1)]);
}

/**
 * Vertical: one below the other, children indented. Horizontal: generations side by side, so that branches can be compared at a
 * glance. Time: from left to right in the order of creation, without two cycles covering each other.
 */
export function layoutTree(roots: readonly CycleNode[], layout: TreeLayout): TreePicture {
	const flat = flatten(roots);
	const place = { vertical: placeVertical, horizontal: placeHorizontal, time: placeInTime }[layout];
	const nodes = place(flat);
	const at = new Map(nodes.map((placed) => [placed.node.cycleId, placed]));
	const links = nodes.flatMap((placed) => {
		const parent = placed.parent && at.get(placed.parent.cycleId);
		return parent ? [{ id: placed.node.cycleId, path: link(parent, placed, layout) }] : [];
	});
	return {
		nodes,
		links,
		width: Math.max(NODE.width, ...nodes.map((placed) => placed.x + NODE.width)),
		height: Math.max(NODE.height, ...nodes.map((placed) => placed.y + NODE.height))
	};
}

type Flat = ReturnType<typeof flatten>;

function placeVertical(flat: Flat): PlacedNode[] {
	return flat.map((entry, row) => ({ ...entry, x: entry.depth * GAP.indent, y: row * (NODE.height + GAP.row) }));
}

function placeHorizontal(flat: Flat): PlacedNode[] {
	let row = -1;
	let before = -1;
	return flat.map((entry) => {
		// A first child goes on in its parent's row; everything else opens a new one.
		if (entry.depth <= before || row < 0) row += 1;
		before = entry.depth;
		return { ...entry, x: entry.depth * (NODE.width + GAP.column), y: row * (NODE.height + GAP.row) };
	});
}

function placeInTime(flat: Flat): PlacedNode[] {
	const times = flat.map((entry) => Date.parse(entry.node.createdAt));
	const first = Math.min(...times);
	const span = Math.max(Math.max(...times) - first, 1);
	const reach = (flat.length - 1) * (NODE.width / 2);
	return flat.map((entry, row) => ({
		...entry,
		x: Math.round(((times[row]! - first) / span) * reach),
		y: row * (NODE.height + GAP.row)
	}));
}

function link(from: PlacedNode, to: PlacedNode, layout: TreeLayout): string {
	const middle = NODE.height / 2 + 8;
	if (layout === 'horizontal' || (layout === 'time' && to.x > from.x + NODE.width)) {
		const [x1, y1, x2, y2] = [from.x + NODE.width, from.y + middle, to.x, to.y + middle];
		const bend = (x1 + x2) / 2;
		return `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`;
	}
	const x = from.x + 8;
	const end = to.x === from.x ? to.x + 8 : to.x;
	if (to.x === from.x) return `M${x} ${from.y + NODE.height}V${to.y}`;
	return `M${x} ${from.y + NODE.height}V${to.y + middle - 6}Q${x} ${to.y + middle} ${x + 6} ${to.y + middle}H${end}`;
}
