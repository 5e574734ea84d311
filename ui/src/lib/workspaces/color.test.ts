import { expect, it } from 'vitest';
import { COLORS, contrast, textOn } from './color';

it.each(['#000000', '#ffffff', '#808080', '#777777', ...COLORS.map(({ value }) => value)])('the letter on %s can be read', (color) => {
	expect(contrast(color, textOn(color))).toBeGreaterThanOrEqual(4.5);
});

it('dark letters stand on bright colours and bright ones on dark', () => {
	expect([textOn('#EAB308'), textOn('#1F5A8A')]).toEqual(['#000000', '#ffffff']);
});
