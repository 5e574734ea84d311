import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, OWNER, railOf, save, test } from './kit';
import { looksRight } from '../tests/looks';
import { Server } from './kit/server';

/** From an empty installation to a finished decision: some of it said, some of it written. */
test.use({ storageState: { cookies: [], origins: [] } });

async function say(page: Page, ...messages: string[]): Promise<void> {
	const field = page.getByLabel('Your message');
	for (const message of messages) {
		const replies = page.locator('.message.assistant');
		const before = await replies.count();
		await field.fill(message);
		await field.press('Enter');
		await expect(replies).toHaveCount(before + 1);
		await expect(page.locator('.replying')).toHaveCount(0);
	}
}
/** Confirms a draft that holds these, among what follows from them. */
async function confirm(page: Page, ...parts: string[]): Promise<void> {
	for (const part of parts) await expect(page.locator('.draft')).toContainText(part);
	const items = await page.locator('.draft').getByRole('checkbox').count();
	await page.getByRole('button', { name: `Confirm ${items} items` }).click();
	await expect(page.locator('.confirmed')).toContainText(`${items} items now count`);
	await expect(page.locator('.draft')).toHaveCount(0);
}
async function begin(page: Page, view: 'Talk' | 'Write'): Promise<void> {
	await page.getByRole('button', { name: 'Start this step' }).click();
	await page.getByRole('tab', { name: view }).click();
	await (view === 'Talk' ? page.getByLabel('Your message') : page.locator('form .body')).waitFor();
}
async function complete(page: Page, step: string, next?: string): Promise<void> {
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(railOf(page, step)).toContainText('Complete');
	if (next) await page.getByRole('button', { name: `Next: ${next}` }).click();
}

test('first visit to the finished decision', async ({ browser }, info) => {
	info.setTimeout(240_000);
	const server = new Server();
	await server.start();
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', acceptDownloads: true });
	const faults: string[] = [];
	context.on('console', (message) => message.type() === 'error' && !/401/.test(message.text()) && faults.push(message.text()));
	context.on('weberror', (error) => faults.push(String(error.error())));
	const page = await context.newPage();
	try {
		await test.step('setup', async () => {
			await page.goto('/');
			await expect(page).toHaveURL(/\/setup$/);
			await expect(page.getByRole('heading', { level: 1 })).toHaveText('Welcome to Althing');
			await page.getByLabel('First name').fill(OWNER.first_name);
			await page.getByLabel('Last name').fill(OWNER.last_name);
			await page.getByLabel('E-mail').fill(OWNER.email);
			await page.getByLabel('Password').fill('short');
			await page.getByRole('button', { name: 'Create the owner and begin' }).click();
			await expect(page).toHaveURL(/\/setup$/);
			await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
			faults.length = 0; // The refusal just provoked.
			await looksRight(page, 'setup');
			await page.setViewportSize({ width: 1280, height: 860 });
			await page.getByLabel('Password').fill(OWNER.password);
			await page.getByRole('button', { name: 'Create the owner and begin' }).click();
			await expect(page.getByRole('heading', { name: 'No decisions yet' })).toBeVisible();
			await looksRight(page, 'decisions-empty');
			await page.setViewportSize({ width: 1280, height: 860 });
		});
		await test.step('a new decision', async () => {
			await page.getByRole('button', { name: 'Begin your first decision' }).click();
			await page.getByLabel('What is it about?').fill('How shall we commute?');
			await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
			await expect(page.getByRole('heading', { level: 1 })).toHaveText('How shall we commute?');
			await expect(page.locator('.live.open')).toBeVisible();
		});
		await test.step('issue raising, by talk', async () => {
			await begin(page, 'Talk');
			await say(page, 'The train is late every week', '- How do we get to work?', '- Time with the children\n- Spend less', '- Will the ring road be closed?');
			await looksRight(page, 'talk-draft');
			await page.setViewportSize({ width: 1280, height: 860 });
			await confirm(page, 'The train is late every week', 'How do we get to work?', 'Time with the children', 'Spend less', 'Will the ring road be closed?');
			await complete(page, 'Issue raising', 'Problem frame');
		});
		await test.step('problem frame, by form', async () => {
			await begin(page, 'Write');
			await page.getByRole('button', { name: 'Take over: How do we get to work?' }).click();
			await expect(page.getByLabel('The decision in one sentence')).toHaveValue('How do we get to work?');
			await page.getByLabel('Who decides').fill('Ada and Noor');
			await page.getByRole('button', { name: 'Add a limit' }).click();
			await page.getByLabel('Limit', { exact: true }).fill('At most 200 € a month');
			await save(page);
			await complete(page, 'Problem frame', 'Objectives');
		});
		await test.step('objectives, by talk', async () => {
			await page.getByRole('tab', { name: 'Talk' }).click();
			await begin(page, 'Talk');
			await say(page, '- Time: hours at home\n- Cost\n- Health', 'none', 'Cost: € a month, minimize');
			await confirm(page, 'Time', 'Cost', '€ a month', 'Health');
			await complete(page, 'Objectives', 'Alternatives');
		});
		await test.step('alternatives, by talk', async () => {
			await begin(page, 'Talk');
			await say(page, 'Train: as today', '- Car\n- Bicycle', 'none');
			await confirm(page, 'Train', 'Car', 'Bicycle');
			await complete(page, 'Alternatives', 'Consequences');
		});
		await test.step('consequences, by form', async () => {
			await begin(page, 'Write');
			const cells = page.getByRole('gridcell');
			await expect(cells).toHaveCount(9);
			await cells.nth(1).focus();
			for (const key of ['2', 'ArrowRight', '-', '1', 'ArrowDown', '2', 'ArrowLeft', '-', '-', 'ArrowDown', '-', 'ArrowRight', '2']) await page.keyboard.press(key);
			await expect(page.getByText('6 of 6 ratings given.')).toBeVisible();
			await save(page);
			await complete(page, 'Consequences', 'Tradeoffs');
		});
		await test.step('tradeoffs, by form', async () => {
			await begin(page, 'Write');
			await page.getByRole('button', { name: 'Take all over' }).click();
			await expect(page.getByText('Everything the analysis found is recorded below.')).toBeVisible();
			await save(page);
			await complete(page, 'Tradeoffs', 'Recommendation');
		});
		await test.step('recommendation, by form', async () => {
			await begin(page, 'Write');
			await page.getByLabel('Conclusion').fill('The bicycle costs little and keeps us fit; it costs a little time on bad days.');
			await page.getByRole('radio', { name: 'Bicycle' }).check();
			await page.getByLabel('Why it stands out').fill('It leads by three steps.');
			await save(page);
			await complete(page, 'Recommendation', 'Decision quality');
		});
		await test.step('decision quality, by form', async () => {
			await begin(page, 'Write');
			const scores = page.getByRole('spinbutton');
			await expect(scores).toHaveCount(7);
			for (const [at, score] of [90, 85, 80, 72, 95, 88, 84].entries()) await scores.nth(at).fill(String(score));
			await scores.nth(6).press('Tab');
			await expect(page.getByText('Overall: 72')).toBeVisible();
			await expect(page.getByText('The weakest is Reliable Consequence Information', { exact: false })).toBeVisible();
			await save(page);
			await complete(page, 'Decision quality', 'Notes and next steps');
		});
		await test.step('notes and next steps, by talk', async () => {
			await begin(page, 'Talk');
			await say(page, 'Where do we keep the bicycles?', 'Buy two bicycles: Noor, 2030-03-01');
			await confirm(page, 'Where do we keep the bicycles?', 'Buy two bicycles');
			await complete(page, 'Notes and next steps');
		});
		await test.step('the whole decision', async () => {
			await page.getByRole('button', { name: 'Complete the decision' }).first().click();
			await page.getByRole('dialog').getByRole('button', { name: 'Complete the decision' }).click();
			await expect(page.getByText('This cycle is completed.', { exact: false })).toBeVisible();
			await page.getByRole('tab', { name: 'Picture' }).click();
			await expect(page.getByText('Overall 72', { exact: false }).first()).toBeVisible();
			await looksRight(page, 'picture-finished');
			await page.setViewportSize({ width: 1280, height: 860 });
		});
		await test.step('its document', async () => {
			await page.getByRole('link', { name: 'Document' }).click();
			await expect(page.getByRole('article')).toContainText('How do we get to work?');
			const waiting = page.waitForEvent('download');
			await page.getByRole('button', { name: /Markdown/ }).click();
			const text = readFileSync(await (await waiting).path(), 'utf8');
			for (const part of ['# How shall we commute?', 'How do we get to work?', 'At most 200 € a month', 'Bicycle', 'Where do we keep the bicycles?', '72']) expect(text).toContain(part);
		});
		await test.step('the list shows it', async () => {
			await page.getByRole('link', { name: 'Decisions' }).first().click();
			await expect(page.locator('main')).toContainText('How shall we commute?');
			await expect(page.locator('main')).toContainText('72');
		});
		expect(faults).toEqual([]);
	} finally {
		await context.close();
		await server.remove();
	}
});
