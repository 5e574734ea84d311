/** Text that has to fit into a picture: shortened labels and numbers in the reader's locale. */
import { signed } from './rating-table';

/** Average width of a character of the system font at 13 px, rounded up. */
const CHARACTER = 7;

const graphemes =
	typeof Intl !== 'undefined' && 'Segmenter' in Intl ? new Intl.Segmenter(undefined, { granularity: 'grapheme' }) : null;

function characters(text: string): string[] {
	return graphemes ? Array.from(graphemes.segment(text), (part) => part.segment) : Array.from(text);
}

/** The text, or its beginning with an ellipsis when it is longer than `limit` characters. */
export function shorten(text: string, limit: number): string {
	const all = characters(text.trim());
	if (all.length <= limit) return text.trim();
	return `${all.slice(0, Math.max(limit - 1, 1)).join('').trimEnd()}…`;
}

/** The text shortened to fit `pixels` at 13 px; bold characters are wider. */
export function fit(text: string, pixels: number, bold = false): string {
	return shorten(text, Math.max(Math.floor(pixels / (bold ? CHARACTER + 1 : CHARACTER)), 2));
}

/** A list as people write it: "A, B and C". */
export function listOf(items: readonly string[]): string {
	return new Intl.ListFormat(undefined, { type: 'conjunction' }).format(items);
}

export function number(value: number): string {
	return new Intl.NumberFormat().format(value).replace(/^-/, '\u2212');
}

/** A signed number in the reader's locale; ratings and scores carry their sign. */
export function signedNumber(value: number): string {
	return Math.abs(value) < 1000 ? signed(value) : (value > 0 ? '+' : '') + number(value);
}

/** 16.67 → "16.67 %" as the reader's locale writes it. */
export function percent(value: number): string {
	return new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 }).format(value / 100);
}

/** A decimal that came as text; shown with the locale's separators, its digits untouched. */
export function decimalText(value: string): string {
	const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(value.trim());
	if (!match) return value;
	const [, sign, whole = '0', fraction] = match;
	const separator = new Intl.NumberFormat().formatToParts(1.5).find((part) => part.type === 'decimal')?.value ?? '.';
	const grouped = new Intl.NumberFormat().format(BigInt(whole));
	return (sign === '-' ? '\u2212' : '') + grouped + (fraction ? separator + fraction : '');
}
