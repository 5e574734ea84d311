import type { Subscription } from '../src/lib/api/types';
import { expect, OWNER, test } from './kit';

test('the owner sees who listens to the events, and can pause a listener', async ({ client, page }) => {
	await client.example();
	await page.goto('/decisions');
	await page.getByRole('link', { name: 'Admin' }).first().click();
	const known = await client.get<Subscription[]>('/api/admin/subscriptions');
	expect(known.length).toBeGreaterThan(2);
	const cards = page.locator('li.card');
	await expect(cards).toHaveCount(known.length);
	await expect(page.getByRole('region', { name: 'This installation' })).toContainText('SQLite');
	for (const one of known) await expect(page.getByRole('heading', { name: one.name })).toBeVisible();
	const card = cards.filter({ has: page.getByRole('heading', { name: known[0]!.name, exact: true }) });
	await expect(card).toContainText('Running');
	await card.getByRole('button', { name: 'Pause' }).click();
	await expect(card).toContainText('Paused');
	await card.getByRole('button', { name: 'Resume' }).click();
	await expect(card).toContainText('Running');
	await page.getByRole('link', { name: 'Dead letters' }).click();
	await expect(page.getByText('No dead letters')).toBeVisible();
	await page.getByRole('link', { name: 'Events' }).click();
	await page.getByLabel('Find an event').fill('component.completed');
	await expect(page.locator('details')).toHaveCount(1);
	await expect(page.locator('details')).toContainText('component.completed');
});

test('activity tells what followed from what', async ({ client, page }) => {
	const { session, cycle } = await client.decision('Who cooks?');
	await client.start(cycle.id, 'issue_raising');
	await page.goto(`/decisions/${session.id}/activity`);
	const thread = page.locator('.thread').filter({ hasText: 'Step started' });
	await expect(thread).toContainText('Issue raising');
	await expect(thread.locator('.entry.effect')).toContainText('Conversation opened');
	await client.patch(`/api/sessions/${session.id}`, { title: 'Who cooks on Sunday?' });
	await expect(page.locator('.thread').first()).toContainText('Decision renamed');
	await page.getByRole('tab', { name: 'Table' }).click();
	const opened = page.getByRole('row').filter({ hasText: 'Conversation opened' });
	const started = page.getByRole('row').filter({ hasText: 'Step started' });
	const position = await started.getByRole('cell').first().innerText();
	await expect(opened.getByRole('link')).toHaveText(position);
});

test('sign out, the wrong password, and in again', async ({ browser, expected, server, signedIn: _ }) => {
	expected.push(/status of 401/);
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] } });
	const page = await context.newPage();
	await page.goto('/admin');
	await expect(page).toHaveURL(/\/sign-in\?return_to=/);
	await page.getByLabel('E-mail').fill(OWNER.email);
	await page.getByLabel('Password').fill('not the right words');
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page.getByRole('alert')).toBeVisible();
	await expect(page.getByLabel('E-mail')).toHaveValue(OWNER.email);
	await page.getByLabel('Password').fill(OWNER.password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page).toHaveURL(/\/admin$/);
	await page.getByRole('button', { name: 'Account of Ada Lindqvist' }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(page).toHaveURL(/\/sign-in/);
	await page.goto('/decisions');
	await expect(page).toHaveURL(/\/sign-in/);
	await context.close();
});
