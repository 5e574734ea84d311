import { railOf, expect, openForm, save, test } from './kit';
import { Server } from './kit/server';
import { OWNER } from './kit';
import { Client } from './kit/client';

test('a change in one window shows in the other by itself', async ({ client, context, page }) => {
	const { session, cycle } = await client.decision('Where shall we meet?');
	await client.start(cycle.id, 'issue_raising');
	await client.start(cycle.id, 'problem_frame');
	const other = await context.newPage();
	await other.goto(`/decisions/${session.id}?cycle=${cycle.id}&step=objectives&view=picture`);
	await expect(other.locator('.live.open')).toBeVisible();
	const loads: string[] = [];
	other.on('framenavigated', (frame) => loads.push(frame.url()));

	await openForm(page, session.id, cycle.id, 'problem_frame');
	await expect(page.locator('.live.open')).toBeVisible();
	await page.getByLabel('The decision in one sentence').fill('Where do we hold the summer meeting?');
	await page.getByLabel('Who decides').fill('The board');
	await save(page);
	await expect(other.getByText('Where do we hold the summer meeting?').first()).toBeVisible();

	await page.getByRole('button', { name: 'Change title and description' }).click();
	await page.getByRole('dialog').getByRole('textbox').first().fill('Where shall we meet in summer?');
	await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await expect(other.getByRole('heading', { level: 1 })).toHaveText('Where shall we meet in summer?');

	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(railOf(page, 'Problem frame')).toContainText('Complete');
	await expect(railOf(other, 'Problem frame')).toContainText('Complete');
	expect(loads, 'the other window was not loaded again').toEqual([]);
});

test('what is said in one window is read in the other', async ({ client, context, page }) => {
	const { session, cycle } = await client.decision('Two at one table');
	await client.start(cycle.id, 'issue_raising');
	const address = `/decisions/${session.id}?cycle=${cycle.id}&step=issue_raising&view=talk`;
	const other = await context.newPage();
	for (const window of [page, other]) {
		await window.goto(address);
		await window.getByLabel('Your message').waitFor();
		await expect(window.locator('.live.open')).toBeVisible();
	}
	await page.getByLabel('Your message').fill('The kitchen is too small');
	await page.getByLabel('Your message').press('Enter');
	await expect(other.getByRole('log')).toContainText('The kitchen is too small');
	await expect(other.locator('.draft')).toContainText('The kitchen is too small');
});

test('after a restart of the server the page finds what it missed', async ({ browser }) => {
	test.setTimeout(120_000);
	const server = new Server();
	await server.start();
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] } });
	try {
		await context.request.post('/api/setup', { data: OWNER });
		const client = new Client(context.request);
		const { session, cycle } = await client.decision('Which boat?');
		const page = await context.newPage();
		await page.goto(`/decisions/${session.id}?cycle=${cycle.id}&step=issue_raising`);
		await expect(page.locator('.live.open')).toBeVisible();
		await server.stop();
		await expect(page.locator('.live.waiting')).toContainText('Reconnecting…');
		await server.start();
		await client.patch(`/api/sessions/${session.id}`, { title: 'Which sailing boat?' });
		await client.start(cycle.id, 'issue_raising');
		await expect(page.locator('.live.open')).toBeVisible({ timeout: 30_000 });
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Which sailing boat?');
		await expect(railOf(page, 'Issue raising')).toContainText('In progress');
		await expect(page.getByLabel('Your message')).toBeVisible();
	} finally {
		await context.close();
		await server.remove();
	}
});
