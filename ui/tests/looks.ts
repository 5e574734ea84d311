/** Looks at a page in every form it has: light and dark, wide and narrow, and as narrow as it gets. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function accessible(page: Page, what: string): Promise<void> {
	const found = await new AxeBuilder({ page: page as never }).withTags(RULES).analyze();
	const told = found.violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
	expect(told, `${what}: axe`).toEqual([]);
}

/** Takes the whole page at once, so that nothing hides behind bars that stick to the edges of the window. */
export async function picture(page: Page, width: number, path: string): Promise<void> {
	await page.evaluate(() => scrollTo(0, 0));
	await page.setViewportSize({ width, height: 844 });
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	await page.setViewportSize({ width, height: Math.max(height, 844) });
	await page.screenshot({ path, fullPage: true });
}

export async function looksRight(page: Page, name: string, folder = 'screenshots'): Promise<void> {
	await page.waitForLoadState('networkidle');
	for (const width of [1280, 390]) {
		for (const scheme of ['light', 'dark'] as const) {
			await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
			await picture(page, width, `test-results/${folder}/${name}-${width}-${scheme}.png`);
			// Colours depend on the theme and layout on the width, so two of the four say it all.
			if ((width === 1280) === (scheme === 'light')) await accessible(page, `${name}, ${width} px, ${scheme}`);
		}
		expect(await sideways(page), `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
	}
	await page.setViewportSize({ width: 320, height: 640 });
	expect(await sideways(page), `${name} scrolls sideways at 320 px`).toBeLessThanOrEqual(0);
}
