import { expect, test, type Page } from '@playwright/test';
import { mockApi } from './mock/api';

const KEPT = { 'althing.unsaved.c.1': '{"version":1,"base":{},"mine":{"a":1},"at":""}', 'althing.unsent.c': 'And when?' };

/** Signs out with something typed and not saved; answers how often the server was told. */
async function leave(page: Page, kept: Record<string, string> = KEPT): Promise<() => number> {
	let told = 0;
	await mockApi(page, {
		answers: {
			'POST /api/auth/logout': async (route) => {
				told += 1;
				await route.fulfill({ status: 204 });
			}
		}
	});
	await page.goto('/decisions');
	await page.locator('.letters').first().waitFor();
	await page.evaluate((entries) => entries.forEach(([key, text]) => localStorage.setItem(key, text)), Object.entries(kept));
	await page.getByRole('button', { name: /^Account of/ }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	return () => told;
}
const keptOn = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((key) => /^althing\.uns/.test(key)).sort());

test('text that is not saved is forgotten at sign-out if the person says so', async ({ page }) => {
	const told = await leave(page);
	await page.getByRole('dialog').getByRole('button', { name: 'Remove it and sign out' }).click();
	await expect(page).toHaveURL(/\/sign-in/);
	expect([told(), await keptOn(page)]).toEqual([1, []]);
});

test('it stays on a device of their own', async ({ page }) => {
	const told = await leave(page);
	await page.getByRole('dialog').getByRole('button', { name: 'Keep it and sign out' }).click();
	await expect(page).toHaveURL(/\/sign-in/);
	expect([told(), await keptOn(page)]).toEqual([1, Object.keys(KEPT).sort()]);
});

test('whoever thinks better of it stays, with their text', async ({ page }) => {
	const told = await leave(page);
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
	await expect(page.getByRole('dialog')).toHaveCount(0);
	await expect(page).toHaveURL(/\/decisions$/);
	expect([told(), await keptOn(page)]).toEqual([0, Object.keys(KEPT).sort()]);
});

test('with nothing typed nobody is asked', async ({ page }) => {
	const told = await leave(page, {});
	await expect(page).toHaveURL(/\/sign-in/);
	expect(told()).toBe(1);
});
