import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { mockApi, type MockOptions } from './mock/api';
import { C1, C2, S1 } from './mock/data';

/** Every page, wide and narrow, light and dark: nothing scrolls sideways, axe finds nothing, and a picture is kept to look at. */
interface Shown {
	name: string;
	path: string;
	mock?: MockOptions;
	ready: string;
	act?: (page: Page) => Promise<void>;
}

const at = (step: string, view: string, cycle = C1) => `/decisions/${S1}?cycle=${cycle}&step=${step}&view=${view}`;
const PAGES: Shown[] = [
	{ name: 'sign-in', path: '/sign-in', mock: { signedIn: false }, ready: 'h1' },
	{ name: 'setup', path: '/setup', mock: { signedIn: false, setupRequired: true }, ready: 'h1' },
	{ name: 'decisions', path: '/decisions', ready: '.letters' },
	{ name: 'decisions-empty', path: '/decisions', mock: { empty: true }, ready: 'text=No decisions yet' },
	{ name: 'talk', path: at('tradeoffs', 'talk'), ready: '.draft' },
	{ name: 'talk-complete', path: at('objectives', 'talk'), ready: '.message' },
	{ name: 'write', path: at('objectives', 'write'), ready: 'form' },
	{ name: 'write-consequences', path: at('consequences', 'write'), ready: '[role=grid], form' },
	{ name: 'not-started', path: at('recommendation', 'talk'), ready: 'text=Start this step' },
	{ name: 'closed-step', path: at('decision_quality', 'talk'), ready: 'text=This step opens once' },
	{ name: 'branch', path: at('alternatives', 'talk', C2), ready: '.message' },
	{ name: 'picture', path: at('tradeoffs', 'picture'), ready: '.picture-so-far' },
	{
		name: 'tree-dialog',
		path: at('tradeoffs', 'talk'),
		ready: '.draft',
		act: async (page) => {
			if ((page.viewportSize()?.width ?? 0) < 900) await page.locator('button.fold').click();
			await page.getByRole('button', { name: 'Show all cycles larger' }).click();
			await page.locator('dialog[open] .tree').waitFor();
		}
	},
	{
		name: 'palette',
		path: '/decisions',
		ready: '.letters',
		act: async (page) => {
			await page.keyboard.press('Control+k');
			await page.getByRole('combobox').fill('de');
		}
	},
	{
		name: 'shortcuts',
		path: at('tradeoffs', 'talk'),
		ready: '.draft',
		act: async (page) => {
			await page.keyboard.press('?');
			await page.getByRole('dialog').waitFor();
		}
	},
	{ name: 'activity', path: `/decisions/${S1}/activity`, ready: '.threads' },
	{ name: 'admin', path: '/admin', ready: '.card' },
	{ name: 'dead-letters', path: '/admin/dead-letters', ready: '.card' },
	{ name: 'events', path: '/admin/events', ready: 'details' },
	{ name: 'missing', path: '/nowhere', ready: 'h1' }
];

for (const width of [1280, 390]) {
	for (const scheme of ['light', 'dark'] as const) {
		test.describe(`${width} px, ${scheme}`, () => {
			test.use({ viewport: { width, height: width === 1280 ? 860 : 844 }, colorScheme: scheme, reducedMotion: 'reduce' });
			for (const shown of PAGES) {
				test(shown.name, async ({ page }) => {
					const faults: string[] = [];
					page.on('pageerror', (error) => faults.push(String(error)));
					page.on('console', (message) => {
						if (message.type() === 'error' && !/status of (401|404)/.test(message.text())) faults.push(message.text());
					});
					await mockApi(page, shown.mock);
					await page.goto(shown.path);
					await page.locator(shown.ready).first().waitFor();
					await page.waitForLoadState('networkidle');
					await shown.act?.(page);
					// The whole page at once: what stands at the window's edge then covers nothing.
					const height = await page.evaluate(() => document.documentElement.scrollHeight);
					await page.setViewportSize({ width, height: Math.max(height, 844) });
					await page.screenshot({ path: `test-results/pages/${shown.name}-${width}-${scheme}.png`, fullPage: true });
					const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
					expect(sideways, 'the page scrolls sideways').toBeLessThanOrEqual(0);
					const axe = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
					expect(axe.violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)).toEqual([]);
					expect(faults).toEqual([]);
				});
			}
		});
	}
}

test.describe('320 px', () => {
	test.use({ viewport: { width: 320, height: 640 } });
	for (const shown of PAGES) {
		test(`${shown.name} does not scroll sideways`, async ({ page }) => {
			await mockApi(page, shown.mock);
			await page.goto(shown.path);
			await page.locator(shown.ready).first().waitFor();
			await shown.act?.(page);
			const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			expect(sideways).toBeLessThanOrEqual(0);
		});
	}
});
