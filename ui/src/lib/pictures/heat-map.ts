/** Geometry of the consequences heat map: objectives are rows, alternatives columns. */
export interface HeatMapLayout {
	width: number;
	height: number;
	labelWidth: number;
	headHeight: number;
	cellWidth: number;
	cellHeight: number;
}

const HEAD = 26;
const CELL_HEIGHT = 30;
const NARROWEST_CELL = 34;
const WIDEST_CELL = 76;

/** Fills `width` where it can; wide tables grow beyond it and scroll inside their own frame. */
export function heatMapLayout(columns: number, rows: number, width: number): HeatMapLayout {
	const labelWidth = Math.round(Math.min(Math.max(width * 0.4, 96), 240));
	const cellWidth = Math.min(Math.max((width - labelWidth) / Math.max(columns, 1), NARROWEST_CELL), WIDEST_CELL);
	return {
		width: labelWidth + columns * cellWidth,
		height: HEAD + rows * CELL_HEIGHT,
		labelWidth,
		headHeight: HEAD,
		cellWidth,
		cellHeight: CELL_HEIGHT
	};
}
