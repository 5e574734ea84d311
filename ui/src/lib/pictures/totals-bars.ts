/** Geometry of the totals as diverging bars around zero. */
export interface TotalsBar {
	y: number;
	/** Left edge and width of the bar; the width of a zero is 0. */
	x: number;
	width: number;
	/** Where the number stands, and which side of it touches the bar. */
	valueX: number;
	anchor: 'start' | 'end';
}
export interface TotalsLayout {
	height: number;
	labelWidth: number;
	zero: number;
	rowHeight: number;
	barHeight: number;
	bars: TotalsBar[];
}

const ROW = 30;
const BAR = 16;
const NUMBER_ROOM = 34;

export function totalsLayout(scores: readonly number[], width: number): TotalsLayout {
	const labelWidth = Math.round(Math.min(Math.max(width * 0.36, 84), 200));
	const room = Math.max(width - labelWidth - 2 * NUMBER_ROOM, 40);
	const low = Math.min(0, ...scores);
	const high = Math.max(0, ...scores);
	const unit = room / Math.max(high - low, 1);
	const zero = labelWidth + NUMBER_ROOM - low * unit;
	const bars = scores.map((score, at) => {
		const end = zero + score * unit;
		return {
			y: at * ROW + (ROW - BAR) / 2,
			x: Math.min(zero, end),
			width: Math.abs(end - zero),
			valueX: score < 0 ? end - 6 : end + (score === 0 ? 10 : 6),
			anchor: score < 0 ? ('end' as const) : ('start' as const)
		};
	});
	return { height: scores.length * ROW, labelWidth, zero, rowHeight: ROW, barHeight: BAR, bars };
}
