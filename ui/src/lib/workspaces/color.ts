/** The colours a workspace can be told by (written as the server writes them), and what can be written on them. */
import { m } from '$lib/paraglide/messages.js';

export const COLORS: readonly { value: string; label: () => string }[] = [
	{ value: '#1F5A8A', label: m.workspace_color_blue },
	{ value: '#0F766E', label: m.workspace_color_teal },
	{ value: '#3F7D20', label: m.workspace_color_green },
	{ value: '#EAB308', label: m.workspace_color_yellow },
	{ value: '#EA7317', label: m.workspace_color_orange },
	{ value: '#B3352B', label: m.workspace_color_red },
	{ value: '#7C3AED', label: m.workspace_color_purple },
	{ value: '#64615A', label: m.workspace_color_grey }
];

const INK = '#000000';
const PAPER = '#ffffff';

function luminance(color: string): number {
	const [red, green, blue] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** How well two colours can be told apart, as WCAG counts it. */
export function contrast(one: string, other: string): number {
	const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light! + 0.05) / (dark! + 0.05);
}

/** Ink or paper, whichever reads better on `color`. */
export function textOn(color: string): string {
	return contrast(color, PAPER) >= contrast(color, INK) ? PAPER : INK;
}
