import type { Workspace } from '../src/lib/api/types';
import { expect, test } from './kit';

test('somebody makes a key for a program, changes what it may, and revokes it', async ({ baseURL, client, page }) => {
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Archive of keys' });
	await page.goto('/account');
	const section = page.getByRole('region', { name: 'API keys' });
	await expect(section.getByText('You have no key.')).toBeVisible();
	await page.getByRole('button', { name: 'New key' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Name').fill('Nightly report');
	await dialog.getByLabel('Archive of keys').check();
	await dialog.getByLabel('Read only').check();
	await dialog.getByRole('button', { name: 'Create key' }).click();
	const key = await page.getByLabel('The key').inputValue();
	expect(key).toMatch(/^alt_[\w-]{8}_[\w-]{64}$/);
	await page.getByRole('button', { name: 'I have it' }).click();
	const row = section.getByRole('listitem').filter({ hasText: 'Nightly report' });
	await expect(row).toContainText('Read only · In Archive of keys');
	await expect(row).toContainText('Never used');

	// The program is let in, and may read but not write.
	const program = (method: string, path: string, body?: object) =>
		fetch(`${baseURL}${path}`, {
			method,
			headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
			body: body && JSON.stringify(body)
		}).then((answer) => answer.status);
	expect(await program('GET', `/api/workspaces/${slug}`)).toBe(200);
	expect(await program('PATCH', `/api/workspaces/${slug}`, { name: 'Renamed' })).toBe(403);

	await row.getByRole('button', { name: 'Edit Nightly report' }).click();
	await expect(dialog.getByLabel('Archive of keys')).toBeChecked();
	await dialog.getByLabel('Name').fill('Hourly report');
	await dialog.getByLabel('Custom').check();
	await dialog.getByRole('group', { name: 'Workspaces' }).getByLabel('write').check();
	await dialog.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The key is saved.')).toBeVisible();
	const renamed = section.getByRole('listitem').filter({ hasText: 'Hourly report' });
	await expect(renamed).toContainText('Rights: ');
	expect(await program('PATCH', `/api/workspaces/${slug}`, { name: 'Renamed' })).toBe(200);

	await renamed.getByRole('button', { name: 'Revoke Hourly report' }).click();
	await dialog.getByRole('button', { name: 'Revoke' }).click();
	await expect(page.getByText('Hourly report is revoked.')).toBeVisible();
	await expect(section.getByText('You have no key.')).toBeVisible();
	await section.getByRole('tab', { name: 'Revoked' }).click();
	await expect(renamed).toBeVisible();
	await expect(renamed.getByRole('button')).toHaveCount(0);
	expect(await program('GET', `/api/workspaces/${slug}`)).toBe(401);
});
