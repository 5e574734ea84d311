import { expect, test } from './kit';
import { looksRight } from '../tests/looks';

test('a link shows a decision to somebody without an account until it is revoked', async ({ browser, client, expected, page, server }) => {
	// The visitor's page asks again once the link is gone.
	expected.push(/404/, /WebSocket/);
	const session = await client.example();
	await page.goto(`/decisions/${session.id}?cycle=${session.cycle_ids[0]}`);
	await page.getByRole('button', { name: 'More actions' }).click();
	await page.getByRole('menuitem', { name: 'Share by link…' }).click();
	const dialog = page.getByRole('dialog', { name: 'Share by link' });
	await dialog.getByLabel('It ends').selectOption({ label: 'in 7 days' });
	await dialog.getByRole('button', { name: 'Make a link' }).click();
	const address = await dialog.getByRole('textbox', { name: 'The link' }).inputValue();
	expect(address).toMatch(/\/shared#[\w-]{43}$/);
	await expect(dialog.getByText('never used')).toBeVisible();

	const stranger = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
	const visitor = await stranger.newPage();
	await visitor.goto(address);
	await expect(visitor.getByRole('heading', { level: 1, name: session.title })).toBeVisible();
	await expect(visitor.locator('.picture-so-far figure').first()).toBeVisible();
	await expect(visitor.getByText('Nothing can be changed here')).toBeVisible();
	await looksRight(visitor, 'shared');
	await visitor.getByRole('tab', { name: 'Document' }).click();
	await expect(visitor.locator('article h3').first()).toBeVisible();
	expect((await stranger.cookies()).map((cookie) => [cookie.httpOnly, cookie.sameSite])).toEqual([[true, 'Strict']]);

	// What happens meanwhile comes by itself.
	await client.patch(`/api/sessions/${session.id}`, { title: 'Another office' });
	await expect(visitor.getByRole('heading', { level: 1, name: 'Another office' })).toBeVisible();

	await dialog.getByRole('button', { name: /^Revoke the link of/ }).click();
	await expect(dialog.getByText(/revoked/)).toBeVisible();
	await expect(visitor.getByRole('heading', { level: 1, name: 'This link does not work' })).toBeVisible();
	await expect(visitor.getByText(session.title)).toHaveCount(0);
	await visitor.reload();
	await expect(visitor.getByRole('heading', { level: 1, name: 'This link does not work' })).toBeVisible();
	await stranger.close();
});
