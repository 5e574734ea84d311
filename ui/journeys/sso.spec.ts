import { expect, test } from './kit';
import { visitor } from './kit/people';
import { CLIENT, Provider } from './kit/provider';

test('somebody new signs in elsewhere, has an account, and a group gives the role', async ({ browser, client, expected, page, server }) => {
	// Nobody is signed in at first, and one sign-in is refused on purpose.
	expected.push(/status of 401/);
	// From its second start on the server knows under which address it is reached.
	await server.stop();
	await server.start();
	const provider = new Provider();
	await provider.start(`${server.url}/api/auth/oidc/house/callback`, [
		{ sub: 'hopper', email: 'hopper@example.org', email_verified: true, given_name: 'Grace', family_name: 'Hopper', groups: ['makers'] }
	]);
	try {
		await client.post('/api/workspaces', { name: 'Engines' });
		await page.goto('/admin/sign-in');
		await page.getByRole('button', { name: 'Add a provider' }).click();
		const dialog = page.getByRole('dialog');
		await dialog.getByLabel('Name on the button').fill('House');
		await dialog.getByLabel('Short name', { exact: false }).first().fill('house');
		await dialog.getByLabel('Issuer').fill(provider.issuer);
		await dialog.getByLabel('Client ID').fill(CLIENT.client_id);
		await dialog.getByLabel('Client secret').fill(CLIENT.client_secret);
		await dialog.getByLabel('Scopes').fill('profile email groups');
		await dialog.getByLabel('Group claim').fill('groups');
		await dialog.getByRole('button', { name: 'Add a group' }).click();
		await dialog.getByLabel('Group 1', { exact: true }).fill('makers');
		await dialog.getByLabel('What group 1 gives').selectOption('Admin of the workspace');
		await dialog.getByLabel('Workspace of group 1').fill('engines');
		await dialog.getByRole('button', { name: 'Save' }).click();
		await expect(page.getByText('House is saved.')).toBeVisible();
		await page.getByRole('button', { name: 'Test House' }).click();
		await expect(page.getByText(/House answers: \d+ keys/)).toBeVisible();

		const hers = await visitor(browser, server);
		await hers.goto('/sign-in');
		await hers.getByRole('button', { name: 'Sign in with House' }).click();
		await hers.getByLabel('Login').fill('nobody');
		await hers.getByRole('button', { name: 'Go on' }).click();
		await expect(hers.getByRole('alert')).toContainText('You were not let in');
		await hers.getByRole('button', { name: 'Sign in with House' }).click();
		await hers.getByLabel('Login').fill('hopper');
		await hers.getByRole('button', { name: 'Go on' }).click();
		await expect(hers).toHaveURL(`${server.url}/decisions`);
		await hers.goto('/w/engines');
		await expect(hers.getByRole('listitem').filter({ hasText: 'Grace Hopper' })).toContainText('Admin');
		await hers.goto('/account');
		await expect(hers.getByRole('button', { name: 'Unlink House' })).toBeVisible();
		await hers.getByRole('button', { name: 'Unlink House' }).click();
		await expect(hers.getByText('This is the only way into your account; set a password first.')).toBeVisible();
	} finally {
		await provider.stop();
	}
});
