/**
 * Exact decimals, so that weights and weighted totals never pass through binary floating point.
 * A decimal is a whole number of units of 10^-scale.
 */
export interface Decimal {
	readonly units: bigint;
	readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads a decimal from text or from a JSON number; null when it is none. */
export function parseDecimal(input: string | number | null | undefined): Decimal | null {
	if (input === null || input === undefined) return null;
	const match = SHAPE.exec(String(input).trim());
	if (!match) return null;
	const [, sign, whole = '', fraction = '', exponent = '0'] = match;
	if (whole === '' && fraction === '') return null;
	const digits = BigInt(whole + fraction || '0');
	const scale = fraction.length - Number(exponent);
	const magnitude = scale < 0 ? digits * 10n ** BigInt(-scale) : digits;
	return { units: sign === '-' ? -magnitude : magnitude, scale: Math.max(scale, 0) };
}

function rescale(value: Decimal, scale: number): bigint {
	return value.units * 10n ** BigInt(scale - value.scale);
}

export function add(a: Decimal, b: Decimal): Decimal {
	const scale = Math.max(a.scale, b.scale);
	return { units: rescale(a, scale) + rescale(b, scale), scale };
}

export function timesInteger(a: Decimal, factor: number): Decimal {
	return { units: a.units * BigInt(factor), scale: a.scale };
}

/** −1, 0 or 1. */
export function compare(a: Decimal, b: Decimal): number {
	const scale = Math.max(a.scale, b.scale);
	const difference = rescale(a, scale) - rescale(b, scale);
	return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The plain decimal text with all digits of its scale, `0.40` for 40 hundredths. */
export function formatDecimal(value: Decimal): string {
	const negative = value.units < 0n;
	const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, '0');
	const cut = digits.length - value.scale;
	const text = value.scale === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
	return negative ? `-${text}` : text;
}
