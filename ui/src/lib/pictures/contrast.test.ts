import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The colours of the ratings carry numbers, so they have to be readable in both themes. */
const css = readFileSync(new URL('../../tokens.css', import.meta.url), 'utf8');
const themes = {
	light: css.slice(css.indexOf(':root {'), css.indexOf('@media')),
	'dark by preference': css.slice(css.indexOf('@media'), css.indexOf(":root[data-theme='dark']")),
	'dark by choice': css.slice(css.indexOf(":root[data-theme='dark']"))
};

function luminance(hex: string): number {
	const [red, green, blue] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
function contrast(a: string, b: string): number {
	const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (light! + 0.05) / (dark! + 0.05);
}

for (const [theme, text] of Object.entries(themes)) {
	const token = (name: string) => new RegExp(`--${name}:\\s*(#[0-9a-f]{6})`, 'i').exec(text)?.[1] ?? '';
	it.each(['dark-blue', 'blue', 'neutral', 'orange', 'red'])(`%s is readable in ${theme}`, (color) => {
		expect(contrast(token(`rating-${color}`), token(`on-rating-${color}`))).toBeGreaterThanOrEqual(4.5);
	});
	it.each(['accent', 'caution', 'line-strong'])(`bars in %s stand out in ${theme}`, (color) => {
		expect(contrast(token(color), token('surface'))).toBeGreaterThanOrEqual(3);
	});
}
