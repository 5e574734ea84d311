import { expect, test } from './kit';
import { colleague, signIn, somebody, visitor } from './kit/people';
import type { Person } from './kit/server';

const NEW = 'five other quiet words here';

test('somebody keeps their own account: name, browsers, password', async ({ browser, server, signedIn: _ }) => {
	const grace: Person = { first_name: 'Grace', last_name: 'Okafor', email: 'grace@example.org', password: 'four quiet words here' };
	server.createUser(grace);
	const elsewhere = await visitor(browser, server);
	await signIn(elsewhere, grace.email, grace.password);
	await expect(elsewhere).toHaveURL(/\/decisions$/);
	const page = await visitor(browser, server);
	await signIn(page, grace.email, grace.password);
	await page.getByRole('button', { name: 'Account of Grace Okafor' }).click();
	await page.getByRole('menuitem', { name: 'Your account' }).click();
	await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
	await page.getByLabel('First name').fill('Amazing Grace');
	await page.getByRole('form', { name: 'Your name' }).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('Your name is saved.')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Account of Amazing Grace Okafor' })).toBeVisible();

	const browsers = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem');
	await expect(browsers).toHaveCount(2);
	await expect(browsers.first()).toContainText('This browser');
	await page.getByLabel('New password').fill('short');
	await page.getByLabel('The same again').fill('other');
	await page.getByRole('button', { name: 'Change password' }).click();
	await expect(page.getByText('New password must have at least 12 characters.')).toBeVisible();
	await expect(page.getByText('Differs from the password above.')).toBeVisible();
	await page.getByLabel('New password').fill(NEW);
	await page.getByLabel('The same again').fill(NEW);
	await page.getByRole('button', { name: 'Change password' }).click();
	await expect(page.getByText('Your password is changed.')).toBeVisible();
	await expect(browsers).toHaveCount(1);
	await elsewhere.reload();
	await expect(elsewhere).toHaveURL(/\/sign-in/);

	await signIn(elsewhere, grace.email, NEW);
	await expect(elsewhere).toHaveURL(/\/decisions$/);
	await page.reload();
	await page.getByRole('button', { name: /^Sign out Chrome/ }).click();
	await expect(browsers).toHaveCount(1);
	await elsewhere.reload();
	await expect(elsewhere).toHaveURL(/\/sign-in/);
});

test('whoever forgot their password sets another one through a link', async ({ browser, server, signedIn: _ }) => {
	const mary: Person = { first_name: 'Mary', last_name: 'Blom', email: 'mary@example.org', password: 'four quiet words here' };
	server.createUser(mary);
	const page = await visitor(browser, server);
	await page.goto('/sign-in');
	await page.getByText('Forgot your password?').click();
	await expect(page.getByText('Ask whoever runs this installation')).toBeVisible();
	const link = server.resetLink(mary.email);
	await page.goto(link);
	await page.getByLabel('New password').fill(NEW);
	await page.getByLabel('The same again').fill(NEW);
	await page.getByRole('button', { name: 'Set the password' }).click();
	await expect(page.getByText('Your password is set.')).toBeVisible();
	await signIn(page, mary.email, NEW);
	await expect(page).toHaveURL(/\/decisions$/);

	const late = await visitor(browser, server);
	await late.goto(link);
	await late.getByLabel('New password').fill(NEW);
	await late.getByLabel('The same again').fill(NEW);
	await late.getByRole('button', { name: 'Set the password' }).click();
	await expect(late.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
});

test('somebody moves to another address by a link, then deletes their account', async ({ browser, expected, page, server }) => {
	expected.push(/status of 401/);
	const ines = somebody('Ines', 'Roth');
	const hers = await colleague(browser, server, ines);
	await hers.goto('/account');
	await hers.getByLabel('New address').fill('ines.roth@example.org');
	await hers.getByRole('button', { name: 'Change address' }).click();
	await expect(hers.getByText('You have asked for ines.roth@example.org.')).toBeVisible();

	await page.goto('/admin/users');
	await page.getByLabel('Find a person').fill('ines-roth@');
	const card = page.getByRole('listitem').filter({ hasText: 'Ines Roth' });
	await expect(card).toContainText('Wants the address ines.roth@example.org');
	await card.getByRole('button', { name: 'Address link for Ines Roth' }).click();
	const link = new URL(await page.getByRole('textbox', { name: 'Link' }).inputValue());

	await hers.goto(link.pathname + link.hash);
	await hers.getByRole('button', { name: 'Use this address' }).click();
	await expect(hers.getByText('Your account has the address ines.roth@example.org now.')).toBeVisible();
	await hers.getByRole('link', { name: 'Go on' }).click();
	await expect(hers.getByLabel('Your address')).toHaveValue('ines.roth@example.org');

	const elsewhere = await visitor(browser, server);
	await signIn(elsewhere, ines.email, ines.password);
	await expect(elsewhere.getByRole('alert')).toBeVisible();
	await signIn(elsewhere, 'ines.roth@example.org', ines.password);
	await expect(elsewhere).toHaveURL(/\/decisions$/);

	await hers.getByRole('button', { name: 'Delete account' }).click();
	await hers.getByRole('dialog').getByLabel('Type your address').fill('ines.roth@example.org');
	await hers.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
	await expect(hers).toHaveURL(/\/sign-in/);
	await elsewhere.reload();
	await expect(elsewhere).toHaveURL(/\/sign-in/);
	await page.reload();
	await expect(page.getByRole('listitem').filter({ hasText: 'Ines Roth' })).toHaveCount(0);
});
