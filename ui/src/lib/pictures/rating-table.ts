/**
 * The rating table that all pictures and the client's analysis read: alternatives are columns,
 * objectives rows, and a missing rating is null.
 */
import type { CellColor } from '$lib/api/types';

export interface RatingTable {
	readonly alternativeIds: readonly string[];
	readonly objectiveIds: readonly string[];
	readonly statusQuoId: string | null;
	/** `ratings[objective][alternative]`, in the order of the id lists. */
	readonly ratings: readonly (readonly (number | null)[])[];
}

export const RATINGS = [-2, -1, 0, 1, 2] as const;

const COLORS: Record<number, CellColor> = {
	2: 'dark_blue',
	1: 'blue',
	0: 'neutral',
	[-1]: 'orange',
	[-2]: 'red'
};

export function isRating(value: unknown): value is number {
	return typeof value === 'number' && Number.isInteger(value) && value >= -2 && value <= 2;
}

/** The cell colour of a rating; a missing rating is neutral. */
export function ratingColor(rating: number | null): CellColor {
	return rating === null ? 'neutral' : (COLORS[rating] ?? 'neutral');
}

/** `+2`, `0`, `−1` with the real minus sign; a missing rating is an en dash. */
export function signed(value: number | null): string {
	if (value === null) return '–';
	if (value > 0) return `+${value}`;
	return value < 0 ? `\u2212${-value}` : '0';
}

/** A, B, … Z, AA, AB, … as the document letters its alternatives. */
export function letter(index: number): string {
	let text = '';
	for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1) {
		text = String.fromCharCode(65 + (rest % 26)) + text;
	}
	return text;
}

/** The row with index `objective` of the table, missing ratings counted as 0. */
export function filled(table: RatingTable): number[][] {
	return table.objectiveIds.map((_, row) =>
		table.alternativeIds.map((_, column) => table.ratings[row]?.[column] ?? 0)
	);
}

/** The same table with one rating changed. */
export function withRating(
	table: RatingTable,
	objective: number,
	alternative: number,
	rating: number
): RatingTable {
	const ratings = table.ratings.map((row, at) =>
		at === objective ? row.map((old, column) => (column === alternative ? rating : old)) : row
	);
	return { ...table, ratings };
}
