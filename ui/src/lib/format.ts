/** Dates and numbers in the reader's locale. */
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export function formatDateTime(time: string): string {
	return dateTime.format(new Date(time));
}

/** A day in UTC, as whole days are counted. */
export function formatDate(time: string): string {
	return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(time));
}

export function formatCount(count: number): string {
	return whole.format(count);
}

const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** "0.4", "12", "1,300": small numbers with a digit behind the point. */
export function formatRate(rate: number): string {
	return (rate < 10 ? fine : whole).format(rate);
}

const SPANS: [string, number][] = [
	['day', 86_400],
	['hour', 3_600],
	['minute', 60]
];

/** "3 sec", "5 min", "2 hr": how long something has lasted. */
export function formatSpan(seconds: number): string {
	const [unit, length] = SPANS.find(([, length]) => seconds >= length) ?? ['second', 1];
	const amount = Math.floor(seconds / length);
	return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short' }).format(amount);
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

/** "in 20 seconds", "in 6 minutes", rounded up: sooner would be too soon. */
export function formatIn(seconds: number): string {
	const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? (['second', 1] as const);
	return relative.format(Math.max(Math.ceil(seconds / length), 1), unit);
}
