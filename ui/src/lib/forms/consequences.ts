/** The rating table while it is edited: always one cell for each current alternative and objective. */
import type { Cell, Consequences, Level, OutputsSoFar, Quantity, Rating } from '$lib/api/types';
import { isRating, type RatingTable } from '$lib/pictures/rating-table';

/** A cell with every group present, so that fields can be bound to it. */
export type EditedCell = Omit<Cell, 'quantity' | 'uncertainty'> & {
	quantity: Quantity;
	uncertainty: { level: Level | null; driver?: string | null };
};

export interface EditedTable {
	alternative_ids: string[];
	objective_ids: string[];
	cells: Record<string, EditedCell>;
}

function editedCell(alternative_id: string, objective_id: string, cell?: Cell): EditedCell {
	return {
		...cell,
		alternative_id,
		objective_id,
		quantity: { value: '', unit: '', ...cell?.quantity },
		uncertainty: { level: null, ...cell?.uncertainty }
	};
}

export function cellKey(alternativeId: string, objectiveId: string): string {
	return `${alternativeId}:${objectiveId}`;
}

/**
 * The stored table brought to the cycle's current alternatives and fundamental objectives: their order, their cells, nothing
 * else. The status quo is compared with itself, so its column is 0.
 */
export function syncTable(table: Consequences['table'] | null, others: OutputsSoFar): EditedTable {
	const alternatives = others.alternatives?.alternatives ?? [];
	const objectives = others.objectives?.fundamental_objectives ?? [];
	const cells: Record<string, EditedCell> = {};
	for (const objective of objectives) {
		for (const alternative of alternatives) {
			const key = cellKey(alternative.id, objective.id);
			const cell = editedCell(alternative.id, objective.id, table?.cells?.[key]);
			cells[key] = alternative.is_status_quo ? { ...cell, rating: 0 } : cell;
		}
	}
	return { alternative_ids: alternatives.map((a) => a.id), objective_ids: objectives.map((o) => o.id), cells };
}

/** The ratings of an edited table, for preview and pictures. */
export function ratingTable(table: EditedTable, statusQuoId: string | null): RatingTable {
	return {
		alternativeIds: table.alternative_ids,
		objectiveIds: table.objective_ids,
		statusQuoId,
		ratings: table.objective_ids.map((objective) =>
			table.alternative_ids.map((alternative) => {
				const rating = table.cells[cellKey(alternative, objective)]?.rating;
				return isRating(rating) ? rating : null;
			})
		)
	};
}

/** Whether something besides the rating is written in a cell. */
export function hasDetails(cell: EditedCell): boolean {
	return Boolean(cell.rationale?.trim() || cell.quantity.value || cell.uncertainty.level || cell.uncertainty.driver?.trim());
}

export function setRating(cell: EditedCell, rating: number | null): void {
	cell.rating = rating as Rating | null;
}
