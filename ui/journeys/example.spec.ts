import { readFileSync } from 'node:fs';
import type { Cycle, Session } from '../src/lib/api/types';
import { expect, OWNER, test } from './kit';
import { Client, EXAMPLE } from './kit/client';
import { accessible } from '../tests/looks';

const example = JSON.parse(EXAMPLE) as { session: { title: string }; cycles: unknown[] };

/** Someone who has nothing yet explores the example, takes it away as a file, and brings it back. */
test('explore, export and import a finished decision', async ({ browser, expected, server }) => {
	expected.push(/401/);
	const newcomer = { ...OWNER, email: 'noor@example.org', first_name: 'Noor' };
	server.createUser(newcomer);
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] }, acceptDownloads: true });
	const page = await context.newPage();
	await page.goto('/decisions');
	await page.getByLabel('E-mail').fill(newcomer.email);
	await page.getByLabel('Password').fill(newcomer.password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await page.getByRole('button', { name: 'Explore a finished example' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(example.session.title);
	const [session] = await new Client(context.request).get<Session[]>('/api/sessions');
	await expect(page).toHaveURL(`/decisions/${session!.id}?cycle=${session!.cycle_ids[0]}&step=recommendation`);
	await expect(page.getByRole('heading', { level: 2, name: 'Recommendation' })).toBeVisible();

	await page.getByRole('button', { name: 'More actions' }).click();
	const waiting = page.waitForEvent('download');
	await page.getByRole('menuitem', { name: 'Export as JSON' }).click();
	const text = readFileSync(await (await waiting).path(), 'utf8');
	expect(JSON.parse(text)).toMatchObject({ format: 'althing.decision', format_version: 1, session: { title: example.session.title } });

	await page.getByRole('link', { name: 'Decisions' }).first().click();
	await page.getByRole('button', { name: 'Import' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(/^File/).setInputFiles({ name: 'decision.json', mimeType: 'application/json', buffer: Buffer.from(text) });
	await dialog.getByRole('button', { name: 'Import' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(example.session.title);
	const all = await new Client(context.request).get<Session[]>('/api/sessions');
	expect(all).toHaveLength(2);
	expect(all.map((one) => one.cycle_ids.length)).toEqual([example.cycles.length, example.cycles.length]);
	const outputs = await Promise.all(
		all.map(async (one) => (await new Client(context.request).get<Cycle>(`/api/cycles/${one.cycle_ids[0]}`)).components.map((component) => component.output))
	);
	expect(outputs[0], 'nothing is lost on the way').toEqual(outputs[1]);
	await context.close();
});

test('a file that is damaged says what is wrong', async ({ expected, page }) => {
	expected.push(/status of 422/, /status of 400/);
	await page.goto('/decisions');
	await page.getByRole('tab', { name: 'Active' }).waitFor();
	await page.keyboard.press('Control+k');
	await page.getByRole('combobox').fill('import');
	await page.keyboard.press('Enter');
	const dialog = page.getByRole('dialog');
	const attempt = async (text: string) => {
		await dialog.getByLabel(/^File/).setInputFiles({ name: 'decision.json', mimeType: 'application/json', buffer: Buffer.from(text) });
		await dialog.getByRole('button', { name: 'Import' }).click();
	};
	await attempt(EXAMPLE.slice(0, 5000));
	await expect(dialog.getByRole('alert')).toContainText('The file is damaged: it is not readable as JSON.');
	await attempt('{"format":"althing.decision","format_version":7}');
	await expect(dialog.getByRole('alert')).toContainText('format version 7');
	// Readable, of the right format, but with its insides missing: the server says where.
	const hollow = JSON.parse(EXAMPLE) as Record<string, unknown>;
	delete hollow.cycles;
	await attempt(JSON.stringify(hollow));
	await expect(dialog.getByRole('alert')).toContainText(/cycles/);
	await accessible(page, 'a damaged file');
	await expect(dialog).toBeVisible();
});
