import { expect, test, type Page, type Route } from '@playwright/test';
import type { Cycle } from '../src/lib/api/types';
import { looksRight } from './looks';
import { mockApi, problem } from './mock/api';
import { C1, C2, S1, tree } from './mock/data';
import * as full from './mock/full';

/** Forms, pictures, comparison and document: looks, accessibility, and the journeys on which typing must not be lost. */
const json = (body: unknown) => (route: Route) =>
	route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) });

async function mock(page: Page, cycle: Cycle = full.cycle(), answers: Record<string, (route: Route) => Promise<void>> = {}) {
	await mockApi(page, {
		answers: {
			[`GET /api/cycles/${C1}`]: json({ data: cycle }),
			[`GET /api/cycles/${C1}/analysis`]: json({ data: full.analysis() }),
			[`GET /api/cycles/${C1}/document`]: json({ data: full.decisionDocument }),
			[`GET /api/cycles/${C1}/document/history`]: json({ data: full.documentHistory, meta: {} }),
			[`GET /api/sessions/${S1}/dashboard`]: json({ data: full.overview() }),
			[`GET /api/sessions/${S1}/cycle-tree`]: json({ data: tree }),
			[`GET /api/sessions/${S1}/compare`]: json({ data: full.comparison }),
			...answers
		}
	});
}
const write = (step: string) => `/decisions/${S1}?cycle=${C1}&step=${step}&view=write`;

interface Shown {
	name: string;
	path: string;
	ready: string;
	act?: (page: Page) => Promise<void>;
	cycle?: Cycle;
	answers?: Record<string, (route: Route) => Promise<void>>;
}
const nothingYet = {
	...full.overview(null),
	decisionStatement: null,
	objectives: [],
	alternatives: [],
	recommendation: null
};
const PAGES: Shown[] = [
	{
		name: 'picture-tables',
		path: `/decisions/${S1}?cycle=${C1}&step=tradeoffs&view=picture`,
		ready: '.picture-so-far',
		act: async (page) => {
			for (const button of await page.locator('figure.picture > header > button').all()) await button.click();
		}
	},
	{
		name: 'picture-empty',
		path: `/decisions/${S1}?cycle=${C1}&step=tradeoffs&view=picture`,
		ready: '.picture-so-far',
		answers: { [`GET /api/sessions/${S1}/dashboard`]: json({ data: nothingYet }) }
	},
	{
		name: 'picture-incomplete',
		path: `/decisions/${S1}?cycle=${C1}&step=tradeoffs&view=picture`,
		ready: 'figure.picture',
		answers: {
			[`GET /api/sessions/${S1}/dashboard`]: json({ data: full.overview(full.INCOMPLETE) }),
			[`GET /api/cycles/${C1}/analysis`]: json({ data: full.analysis(full.INCOMPLETE) })
		}
	},
	...['issue_raising', 'alternatives', 'consequences', 'decision_quality', 'notes_next_steps'].map((step) => ({
		name: `form-empty-${step}`,
		path: write(step),
		ready: 'form .body',
		cycle: full.cycle({ outputs: full.NO_OUTPUTS, version: 1 })
	})),
	{ name: 'form-locked', path: write('alternatives'), ready: 'form .body', cycle: full.cycle({ status: 'complete' }) },
	{ name: 'compare', path: `/decisions/${S1}/compare?cycles=${C1},${C2}`, ready: 'figure svg' }
];

for (const shown of PAGES) {
	test(shown.name, async ({ page }) => {
		const faults: string[] = [];
		page.on('pageerror', (error) => faults.push(String(error)));
		page.on('console', (message) => {
			if (message.type() === 'error') faults.push(message.text());
		});
		await mock(page, shown.cycle, shown.answers);
		await page.goto(shown.path);
		await page.locator(shown.ready).first().waitFor();
		await shown.act?.(page);
		await looksRight(page, shown.name, 'pages');
		expect(faults).toEqual([]);
	});
}

test.describe('the rating grid', () => {
	test('is rated by keyboard and saved as it stands', async ({ page }) => {
		let sent: { output: { table: { cells: Record<string, { rating?: number }> } }; expected_version: number } | null = null;
		const cycle = full.cycle();
		const component = cycle.components[4]!;
		await mock(page, cycle, {
			[`PUT /api/cycles/${C1}/components/consequences`]: async (route) => {
				sent = route.request().postDataJSON();
				await json({ data: { ...component, version: 5, output: sent!.output } })(route);
			}
		});
		await page.goto(write('consequences'));
		const cells = page.getByRole('gridcell');
		await cells.nth(1).focus();
		await page.keyboard.press('-');
		await page.keyboard.press('2');
		await expect(cells.nth(1)).toContainText('−2');
		await page.keyboard.press('ArrowRight');
		await expect(cells.nth(2)).toBeFocused();
		await page.keyboard.press('-');
		await page.keyboard.press('ArrowDown');
		await expect(cells.nth(2)).toContainText('−1');
		await expect(cells.nth(7)).toBeFocused();
		await page.keyboard.press('2');
		await page.keyboard.press('Delete');
		await expect(cells.nth(7)).toContainText('–');
		await page.keyboard.press('=');
		await page.keyboard.press('Home');
		await page.keyboard.press('2');
		await expect(cells.nth(5)).toContainText('0');
		await page.keyboard.press('End');
		await page.keyboard.press('Enter');
		await expect(page.getByRole('textbox', { name: 'Why' })).toBeFocused();
		await page.keyboard.type('Too far');
		await page.keyboard.press('Escape');
		await expect(cells.nth(9)).toBeFocused();
		await page.keyboard.press('Control+s');
		await expect(page.getByText('Saved at')).toBeVisible();
		const ratings = Object.values(sent!.output.table.cells).map((cell) => cell.rating);
		expect(ratings.slice(0, 10)).toEqual([0, -2, -1, 1, -1, 0, -1, 0, -1, -1]);
		expect(sent!.expected_version).toBe(4);
	});
});

test.describe('typing is never lost', () => {
	test('it comes back after a reload, and can be discarded', async ({ page }) => {
		await mock(page);
		await page.goto(write('problem_frame'));
		const statement = page.getByRole('textbox', { name: 'The decision in one sentence' });
		await statement.fill('Which office do we rent, if any?');
		await expect(page.getByText('kept on this device')).toBeVisible();
		await page.waitForTimeout(400);
		await page.reload();
		await expect(statement).toHaveValue('Which office do we rent, if any?');
		await page.getByRole('button', { name: 'Discard them' }).click();
		await expect(statement).toHaveValue('Which office do we rent for the next five years?');
	});

	test('a newer version on the server shows both, and the picked one is saved', async ({ page }) => {
		const cycle = full.cycle();
		const theirs = structuredClone(full.outputs.problem_frame);
		theirs.focal_decision!.statement = 'Which office should we rent until 2032?';
		theirs.ultimate_aim = 'A quiet place';
		const sent: { output: typeof theirs; expected_version: number }[] = [];
		const newest = { ...cycle.components[1]!, version: 5, output: theirs };
		await mock(page, cycle, {
			[`GET /api/cycles/${C1}/components/problem_frame`]: json({ data: newest }),
			[`PUT /api/cycles/${C1}/components/problem_frame`]: async (route) => {
				const body = route.request().postDataJSON();
				sent.push(body);
				if (body.expected_version === 4) await problem(route, 409, 'concurrency_conflict', 'Someone else was faster.');
				else await json({ data: { ...newest, version: 6, output: body.output } })(route);
			}
		});
		await page.goto(write('problem_frame'));
		await page.getByRole('textbox', { name: 'The decision in one sentence' }).fill('Which office do we rent, if any?');
		await page.getByRole('button', { name: 'Save', exact: true }).click();
		await expect(page.getByRole('heading', { name: 'Someone else saved this step meanwhile' })).toBeVisible();
		await expect(page.getByText('Which office should we rent until 2032?')).toBeVisible();
		await page.screenshot({ path: 'test-results/pages/form-conflict.png', fullPage: true });
		await page.getByRole('button', { name: 'Save what is picked' }).click();
		await expect(page.getByText('Saved at')).toBeVisible();
		expect(sent.map((body) => body.expected_version)).toEqual([4, 5]);
		expect(sent[1]!.output.focal_decision!.statement).toBe('Which office do we rent, if any?');
		expect(sent[1]!.output.ultimate_aim).toBe('A quiet place');
	});

	test('a removed row comes back with undo', async ({ page }) => {
		await mock(page);
		await page.goto(write('alternatives'));
		await page.getByRole('button', { name: 'Remove: Montana' }).click();
		await expect(page.getByRole('textbox', { name: 'Alternative D' })).toHaveValue('Pierpoint');
		await page.getByRole('button', { name: 'Undo' }).click();
		await expect(page.getByRole('textbox', { name: 'Alternative D' })).toHaveValue('Montana');
	});
});

test('errors stand beside their field and focus goes to the first', async ({ page }) => {
	const cycle = full.cycle();
	await mock(page, cycle, {
		[`POST /api/cycles/${C1}/components/objectives/complete`]: (route) =>
			problem(route, 422, 'invalid_component_output', 'Some fields need attention.', [
				{ field: '/output/fundamental_objectives/1/name', message: 'must not be empty', code: 'too_short' },
				{ field: '/output/fundamental_objectives/3/performance_measure/tolerance', message: 'must not be negative', code: 'out_of_range' }
			])
	});
	await page.goto(write('objectives'));
	await page.locator('form .body').waitFor();
	await page.getByRole('button', { name: 'Complete', exact: false }).first().click();
	await expect(page.getByText('2 things to mend')).toBeVisible();
	const name = page.getByRole('textbox', { name: 'Objective' }).nth(1);
	await expect(name).toBeFocused();
	await expect(name).toHaveAccessibleDescription(/Must not be empty/);
	await page.screenshot({ path: 'test-results/pages/form-errors.png', fullPage: true });
	await name.fill('Reachable');
	await expect(page.getByText('One thing to mend')).toBeVisible();
});

test('a table of 50 by 50 stays quick under the fingers', async ({ page }) => {
	await mock(page, full.large(50));
	await page.goto(write('consequences'));
	await page.getByRole('gridcell').first().waitFor();
	await expect(page.getByRole('gridcell')).toHaveCount(2500);
	await page.getByRole('gridcell').nth(51).focus();
	const began = Date.now();
	for (const key of ['1', 'ArrowDown', '2', 'ArrowDown', '-', '1', 'ArrowRight', '0']) await page.keyboard.press(key);
	await expect(page.getByRole('gridcell').nth(152)).toBeFocused();
	expect(Date.now() - began).toBeLessThan(4000);
});
