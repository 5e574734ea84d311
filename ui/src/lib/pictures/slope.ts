/** Two alternatives side by side: one line per group of objectives from the first's rating to the second's. */
import type { RatingTable } from './rating-table';

export type Direction = 'gain' | 'loss' | 'same';

/** Objectives that share both ratings share one line. */
export interface SlopeLine {
	from: number;
	to: number;
	direction: Direction;
	objectiveIds: string[];
}

export interface PlacedLine extends SlopeLine {
	x1: number;
	y1: number;
	x2: number;
	y2: number;
	/** Vertical centre of the label at the right, moved apart where labels would touch. */
	labelY: number;
}

export interface SlopeLayout {
	width: number;
	height: number;
	left: number;
	right: number;
	labelX: number;
	/** y of each rating from +2 down to −2. */
	ticks: { rating: number; y: number }[];
	lines: PlacedLine[];
}

/** Lines from `first` to `second`, gains first, larger steps before smaller. A missing rating counts as 0. */
export function slopeLines(table: RatingTable, first: string, second: string): SlopeLine[] {
	const a = table.alternativeIds.indexOf(first);
	const b = table.alternativeIds.indexOf(second);
	if (a < 0 || b < 0) return [];
	const groups = new Map<string, SlopeLine>();
	table.objectiveIds.forEach((id, row) => {
		const from = table.ratings[row]?.[a] ?? 0;
		const to = table.ratings[row]?.[b] ?? 0;
		const key = `${from} ${to}`;
		const known = groups.get(key);
		if (known) known.objectiveIds.push(id);
		else groups.set(key, { from, to, direction: to > from ? 'gain' : to < from ? 'loss' : 'same', objectiveIds: [id] });
	});
	return [...groups.values()].sort((x, y) => y.to - y.from - (x.to - x.from) || y.to - x.to);
}

/** Moves centres apart so that no two are closer than `distance`, keeping their order and as near as possible to where they were. */
export function spread(centres: readonly number[], distance: number, low: number, high: number): number[] {
	const order = centres.map((_, at) => at).sort((a, b) => centres[a]! - centres[b]! || a - b);
	const placed = order.map((at) => centres[at]!);
	for (let i = 1; i < placed.length; i++) placed[i] = Math.max(placed[i]!, placed[i - 1]! + distance);
	const overflow = (placed.at(-1) ?? high) - high;
	if (overflow > 0) {
		placed[placed.length - 1]! -= overflow;
		for (let i = placed.length - 2; i >= 0; i--) placed[i] = Math.min(placed[i]!, placed[i + 1]! - distance);
	}
	const lift = Math.min(0, (placed[0] ?? low) - low);
	const result = new Array<number>(centres.length);
	order.forEach((at, i) => (result[at] = placed[i]! - lift));
	return result;
}

const LABEL = 20;
const TOP = 14;

export function slopeLayout(lines: readonly SlopeLine[], width: number): SlopeLayout {
	const height = Math.max(150, lines.length * LABEL) + 2 * TOP;
	const left = 34;
	const right = Math.round(left + Math.min(Math.max(width * 0.34, 80), 220));
	const y = (rating: number) => TOP + ((2 - rating) / 4) * (height - 2 * TOP);
	const centres = spread(
		lines.map((line) => y(line.to)),
		LABEL,
		TOP,
		height - TOP
	);
	return {
		width,
		height,
		left,
		right,
		labelX: right + 30,
		ticks: [2, 1, 0, -1, -2].map((rating) => ({ rating, y: y(rating) })),
		lines: lines.map((line, at) => ({ ...line, x1: left, y1: y(line.from), x2: right, y2: y(line.to), labelY: centres[at]! }))
	};
}
