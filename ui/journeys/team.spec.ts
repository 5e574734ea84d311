import type { Browser, Page } from '@playwright/test';
import type { Workspace } from '../src/lib/api/types';
import { expect, OWNER, openForm, save, test } from './kit';
import { visitor } from './kit/people';
import { looksRight } from '../tests/looks';
import type { Server } from './kit/server';

/** Opens an invitation in a browser of their own, and makes the account that it is for. */
async function join(browser: Browser, server: Server, link: string, first: string, last: string): Promise<Page> {
	const page = await visitor(browser, server);
	const { pathname, hash } = new URL(link);
	await page.goto(pathname + hash);
	await page.getByLabel('First name').fill(first);
	await page.getByLabel('Last name').fill(last);
	await page.getByLabel('Password').fill('four quiet words here');
	await page.getByRole('button', { name: 'Create account and join' }).click();
	await expect(page.getByText(/^Your role: /)).toBeVisible();
	return page;
}

/** Finds the decision in the list, as one who was not told its address. */
async function find(page: Page, title: string): Promise<void> {
	await page.goto('/decisions');
	await expect(page.getByRole('link', { name: title })).toContainText(`Shared by ${OWNER.first_name} ${OWNER.last_name}`);
	await page.getByRole('link', { name: title }).click();
	await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
	await expect(page.locator('.live.open')).toBeVisible();
}

/** What they see when it is no longer for them; nothing of it stays on the screen. */
async function isCutOff(page: Page, title: string): Promise<void> {
	await expect(page.getByRole('heading', { name: 'This decision is no longer open to you' })).toBeVisible();
	await expect(page.getByRole('heading', { name: title })).toHaveCount(0);
}

test('two work on one decision live, a guest and an outsider watch, and each can be cut off', async ({ browser, client, expected, page, server }, info) => {
	info.setTimeout(180_000);
	// Whoever is cut off asks again, and is told that there is nothing.
	expected.push(/status of 404/, /WebSocket/);
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Ferry Terminal' });

	// A link for each: one colleague, one guest.
	await page.goto(`/w/${slug}`);
	const invite = async (email: string, role: string) => {
		await page.getByRole('button', { name: 'Invite somebody' }).click();
		await page.getByLabel('Their e-mail address').fill(email);
		await page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
		await page.getByRole('button', { name: 'Invite', exact: true }).click();
		const link = await page.getByLabel('Invitation link').inputValue();
		await page.getByRole('button', { name: 'Done' }).click();
		return link;
	};
	const una = await join(browser, server, await invite('una.r@example.org', 'Member'), 'Una', 'Reyes');
	const tim = await join(browser, server, await invite('tim.b@example.org', 'Guest'), 'Tim', 'Berg');

	const title = 'Where does the new pier go?';
	await page.goto('/decisions');
	await page.getByRole('button', { name: /^(New decision|Begin your first decision)$/ }).first().click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('What is it about?').fill(title);
	await dialog.getByLabel('Where it lives').selectOption({ label: 'Shared with Ferry Terminal' });
	await dialog.getByRole('button', { name: 'Begin' }).click();
	await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
	await expect(page).toHaveURL(/\/decisions\/[^?]+\?.*cycle=/);
	const session = new URL(page.url()).pathname.split('/').at(-1)!;
	const cycle = new URL(page.url()).searchParams.get('cycle')!;
	await client.start(cycle, 'issue_raising');
	await client.start(cycle, 'problem_frame');

	await find(una, title);
	await find(tim, title);
	await expect(tim.getByText(`You can read this decision of ${OWNER.first_name} ${OWNER.last_name}, but not change it.`)).toBeVisible();

	// Each writes, and it shows in the windows of all.
	await openForm(page, session, cycle, 'problem_frame');
	await una.goto(`/decisions/${session}?cycle=${cycle}&step=problem_frame&view=write`);
	await una.locator('form .body').waitFor();
	await tim.goto(`/decisions/${session}?cycle=${cycle}&step=problem_frame&view=picture`);
	for (const window of [page, una, tim]) await expect(window.locator('.live.open')).toBeVisible();
	await page.getByLabel('The decision in one sentence').fill('Which side of the harbour gets the pier?');
	await page.getByLabel('Who decides').fill('The harbour board');
	await save(page);
	for (const window of [una, tim]) await expect(window.getByText('Which side of the harbour gets the pier?').first()).toBeVisible();
	await expect(una.getByLabel('The decision in one sentence')).toHaveValue('Which side of the harbour gets the pier?');
	await una.getByLabel('The decision in one sentence').fill('East or west: which side gets the pier?');
	await save(una);
	await expect(page.getByLabel('The decision in one sentence')).toHaveValue('East or west: which side gets the pier?');
	await expect(tim.getByText('East or west: which side gets the pier?').first()).toBeVisible();
	await expect(tim.getByRole('button', { name: 'Save', exact: true })).toHaveCount(0);

	// An outsider sees it by a link.
	await page.getByRole('button', { name: 'More actions' }).click();
	await page.getByRole('menuitem', { name: 'Share by link…' }).click();
	const share = page.getByRole('dialog', { name: 'Share by link' });
	await share.getByRole('button', { name: 'Make a link' }).click();
	const outsider = await visitor(browser, server);
	await outsider.goto(await share.getByRole('textbox', { name: 'The link' }).inputValue());
	await expect(outsider.getByRole('heading', { level: 1, name: title })).toBeVisible();
	await expect(outsider.getByText('East or west: which side gets the pier?').first()).toBeVisible();

	// Revocation cuts each off, and nobody else.
	await share.getByRole('button', { name: /^Revoke the link of/ }).click();
	await expect(outsider.getByRole('heading', { level: 1, name: 'This link does not work' })).toBeVisible();
	await expect(outsider.getByText('East or west')).toHaveCount(0);
	await expect(tim.locator('.live.open')).toBeVisible();
	await page.keyboard.press('Escape');

	const remove = async (name: string) => {
		await page.goto(`/w/${slug}`);
		await page.getByRole('button', { name: `Remove ${name}` }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
		await expect(page.getByText(`${name} does not belong to the workspace any more.`)).toBeVisible();
	};
	await remove('Tim Berg');
	await isCutOff(tim, title);
	await expect(una.locator('.live.open')).toBeVisible();

	// A colleague who becomes a guest goes on as a reader.
	await page.getByLabel('Role of Una Reyes').selectOption('guest');
	await expect(una.getByText(`You can read this decision of ${OWNER.first_name} ${OWNER.last_name}, but not change it.`)).toBeVisible();
	await expect(una.getByRole('button', { name: 'Save', exact: true })).toHaveCount(0);
	await remove('Una Reyes');
	await isCutOff(una, title);
	await looksRight(una, 'decision-gone');
	await una.getByRole('link', { name: 'Go to your decisions' }).click();
	await expect(una.getByRole('heading', { name: 'No decisions yet' })).toBeVisible();
	for (const window of [una, tim, outsider]) await window.context().close();
});
