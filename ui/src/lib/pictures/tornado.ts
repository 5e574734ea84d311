/**
 * How far each single rating could move the lead: the bar of a cell spans the leader's lead over the best other alternative
 * while that rating goes from −2 to +2. A bar that reaches zero can change the leader.
 */
import { filled, withRating, type RatingTable } from './rating-table';

export interface Swing {
	alternative_id: string;
	objective_id: string;
	rating: number;
	/** The lead with the rating at its worst and its best for the leader. */
	low: number;
	high: number;
	/** Fewest steps of this rating alone that change the set of leaders, and the rating then; null when none does. */
	steps: number | null;
	flipsAt: number | null;
	leadersAfter: string[];
}

export interface Tornado {
	leader: string;
	/** Lead of the leader over the best of the others; 0 on a tie. */
	lead: number;
	swings: Swing[];
}

function scoresOf(table: RatingTable): number[] {
	const grid = filled(table);
	return table.alternativeIds.map((_, column) => grid.reduce((sum, row) => sum + row[column]!, 0));
}

function leadersOf(scores: number[]): number[] {
	const best = Math.max(...scores);
	return scores.flatMap((score, at) => (score === best ? [at] : []));
}

function leadOf(scores: number[], leader: number): number {
	return scores[leader]! - Math.max(...scores.filter((_, at) => at !== leader));
}

/** All swings, easiest flip first; null with fewer than two alternatives or no objectives. */
export function tornado(table: RatingTable): Tornado | null {
	if (table.alternativeIds.length < 2 || table.objectiveIds.length === 0) return null;
	const now = scoresOf(table);
	const leaders = leadersOf(now);
	const leader = leaders[0]!;
	const swings: Swing[] = [];
	table.objectiveIds.forEach((objective_id, row) =>
		table.alternativeIds.forEach((alternative_id, column) => {
			if (alternative_id === table.statusQuoId) return;
			const rating = table.ratings[row]?.[column] ?? 0;
			const outcomes = [-2, -1, 0, 1, 2].map((value) => {
				const scores = now.map((score, at) => (at === column ? score + value - rating : score));
				return { value, lead: leadOf(scores, leader), leaders: leadersOf(scores) };
			});
			const flips = outcomes
				.filter((o) => o.leaders.length !== leaders.length || o.leaders.some((at, i) => at !== leaders[i]))
				.sort((a, b) => Math.abs(a.value - rating) - Math.abs(b.value - rating) || a.value - b.value);
			const first = flips[0];
			swings.push({
				alternative_id,
				objective_id,
				rating,
				low: Math.min(...outcomes.map((o) => o.lead)),
				high: Math.max(...outcomes.map((o) => o.lead)),
				steps: first ? Math.abs(first.value - rating) : null,
				flipsAt: first?.value ?? null,
				leadersAfter: first?.leaders.map((at) => table.alternativeIds[at]!) ?? []
			});
		})
	);
	swings.sort((a, b) => (a.steps ?? 99) - (b.steps ?? 99) || a.low - b.low || b.high - a.high);
	return { leader: table.alternativeIds[leader]!, lead: leadOf(now, leader), swings };
}

export interface TornadoBar {
	y: number;
	x: number;
	width: number;
	/** The part left of zero, where another alternative leads. */
	lostWidth: number;
}
export interface TornadoLayout {
	height: number;
	labelWidth: number;
	zero: number;
	lead: number;
	rowHeight: number;
	barHeight: number;
	bars: TornadoBar[];
	ticks: { value: number; x: number }[];
}

const ROW = 28;
const BAR = 14;
const AXIS = 24;

export function tornadoLayout(picture: Tornado, swings: readonly Swing[], width: number): TornadoLayout {
	const labelWidth = Math.round(Math.min(Math.max(width * 0.46, 120), 300));
	const low = Math.min(0, picture.lead, ...swings.map((s) => s.low));
	const high = Math.max(0, picture.lead, ...swings.map((s) => s.high));
	const unit = Math.max(width - labelWidth - 20, 40) / Math.max(high - low, 1);
	const x = (lead: number) => labelWidth + 10 + (lead - low) * unit;
	const step = Math.max(Math.ceil((high - low) / 6), 1);
	const ticks = [];
	for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push({ value, x: x(value) });
	return {
		height: AXIS + swings.length * ROW,
		labelWidth,
		zero: x(0),
		lead: x(picture.lead),
		rowHeight: ROW,
		barHeight: BAR,
		bars: swings.map((swing, at) => ({
			y: AXIS + at * ROW + (ROW - BAR) / 2,
			x: x(swing.low),
			width: Math.max(x(swing.high) - x(swing.low), 2),
			lostWidth: swing.low < 0 ? Math.max(x(Math.min(0, swing.high)) - x(swing.low), 0) : 0
		})),
		ticks
	};
}
