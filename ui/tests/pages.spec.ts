import { expect, test, type Page } from '@playwright/test';
import { accessible, looksRight } from './looks';
import { mockApi, type MockOptions } from './mock/api';
import { C1, C2, S1 } from './mock/data';

/** What the journeys do not come by: states of pages that a healthy server with one finished decision never shows. */
interface Shown {
	name: string;
	path: string;
	mock?: MockOptions;
	ready: string;
	act?: (page: Page) => Promise<void>;
}

const at = (step: string, view: string, cycle = C1) => `/decisions/${S1}?cycle=${cycle}&step=${step}&view=${view}`;
const PAGES: Shown[] = [
	{ name: 'talk', path: at('tradeoffs', 'talk'), ready: '.draft' },
	{ name: 'talk-complete', path: at('objectives', 'talk'), ready: '.message' },
	{ name: 'not-started', path: at('recommendation', 'talk'), ready: 'text=Start this step' },
	{ name: 'closed-step', path: at('decision_quality', 'talk'), ready: 'text=This step opens once' },
	{ name: 'branch', path: at('alternatives', 'talk', C2), ready: '.message' },
	{
		name: 'tree-dialog',
		path: at('tradeoffs', 'talk'),
		ready: '.draft',
		act: async (page) => {
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
	{ name: 'missing', path: '/nowhere', ready: 'h1' }
];

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
		await shown.act?.(page);
		await looksRight(page, shown.name, 'pages');
		expect(faults).toEqual([]);
	});
}

test.describe('390 px', () => {
	test.use({ viewport: { width: 390, height: 844 } });
	test('the steps unfold and lead to the tree of cycles', async ({ page }) => {
		await mockApi(page);
		await page.goto(at('tradeoffs', 'talk'));
		await page.locator('.draft').waitFor();
		await page.locator('button.fold').click();
		await page.getByRole('button', { name: 'Show all cycles larger' }).click();
		await expect(page.locator('dialog[open] .tree')).toBeVisible();
		await accessible(page, 'tree, 390 px');
	});
});
