/** The keyboard of the rating grid, as a pure function from key to what should happen. */
import { isRating } from '$lib/pictures/rating-table';

export interface GridPlace {
	/** Objective, from 0. */
	row: number;
	/** Alternative, from 0. */
	column: number;
}

/** A sign that was typed and waits for its digit. */
export type PendingSign = '+' | '-' | null;

export type GridAction =
	| { kind: 'move'; to: GridPlace; commit: number | null }
	| { kind: 'rate'; rating: number }
	| { kind: 'sign'; sign: '+' | '-' }
	| { kind: 'open'; commit: number | null }
	| { kind: 'clear' }
	| { kind: 'cancel' }
	| { kind: 'out_of_range' };

export interface GridKey {
	key: string;
	ctrlKey?: boolean;
	metaKey?: boolean;
	altKey?: boolean;
}

/** A lone sign means one step: `-` is −1, `+` is +1. */
function lone(sign: PendingSign): number | null {
	return sign === null ? null : sign === '-' ? -1 : 1;
}

function moved(key: GridKey, at: GridPlace, rows: number, columns: number): GridPlace | null {
	const far = key.ctrlKey || key.metaKey;
	switch (key.key) {
		case 'ArrowUp':
			return { ...at, row: far ? 0 : Math.max(at.row - 1, 0) };
		case 'ArrowDown':
			return { ...at, row: far ? rows - 1 : Math.min(at.row + 1, rows - 1) };
		case 'ArrowLeft':
			return { ...at, column: far ? 0 : Math.max(at.column - 1, 0) };
		case 'ArrowRight':
			return { ...at, column: far ? columns - 1 : Math.min(at.column + 1, columns - 1) };
		case 'Home':
			return far ? { row: 0, column: 0 } : { ...at, column: 0 };
		case 'End':
			return far ? { row: rows - 1, column: columns - 1 } : { ...at, column: columns - 1 };
		case 'PageUp':
			return { ...at, row: Math.max(at.row - 10, 0) };
		case 'PageDown':
			return { ...at, row: Math.min(at.row + 10, rows - 1) };
		default:
			return null;
	}
}

/** What a key means in a cell; null for keys that are not the grid's. */
export function gridAction(key: GridKey, at: GridPlace, pending: PendingSign, rows: number, columns: number): GridAction | null {
	if (key.altKey) return null;
	const to = moved(key, at, rows, columns);
	if (to) return { kind: 'move', to, commit: lone(pending) };
	if (key.ctrlKey || key.metaKey) return null;
	if (key.key === 'Enter' || key.key === 'F2') return { kind: 'open', commit: lone(pending) };
	if (key.key === 'Delete' || key.key === 'Backspace') return pending ? { kind: 'cancel' } : { kind: 'clear' };
	if (key.key === 'Escape') return pending ? { kind: 'cancel' } : null;
	if (key.key === '=') return { kind: 'rate', rating: 0 };
	if (key.key === '+' || key.key === '-' || key.key === '\u2212') {
		const sign = key.key === '+' ? '+' : '-';
		return pending === sign ? { kind: 'rate', rating: sign === '-' ? -2 : 2 } : { kind: 'sign', sign };
	}
	if (/^[0-9]$/.test(key.key)) {
		const digit = Number(key.key);
		const rating = digit === 0 ? 0 : pending === '-' ? -digit : digit;
		return isRating(rating) ? { kind: 'rate', rating } : { kind: 'out_of_range' };
	}
	return null;
}
