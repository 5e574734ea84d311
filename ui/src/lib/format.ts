/** Dates and numbers in the reader's locale. */
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export function formatDateTime(time: string): string {
	return dateTime.format(new Date(time));
}

export function formatCount(count: number): string {
	return whole.format(count);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 31_536_000],
	['month', 2_592_000],
	['week', 604_800],
	['day', 86_400],
	['hour', 3_600],
	['minute', 60]
];

/** "5 minutes ago", "yesterday"; under a minute it is simply now. */
export function formatAgo(time: string, now: number): string {
	const seconds = (new Date(time).getTime() - now) / 1000;
	for (const [unit, length] of UNITS) {
		if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
	}
	return relative.format(0, 'second');
}
