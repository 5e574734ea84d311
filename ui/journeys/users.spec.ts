import { expect, test } from './kit';
import { colleague, signIn, somebody, visitor } from './kit/people';

test('those who run the installation suspend an account, open it again, and help with a password', async ({ browser, expected, page, server }) => {
	expected.push(/status of 401/);
	const tim = somebody('Tim', 'Ahn');
	const his = await colleague(browser, server, tim);
	await page.goto('/admin');
	await page.getByRole('link', { name: 'Users' }).click();
	await page.getByLabel('Find a person').fill('tim-ahn@');
	const card = page.getByRole('listitem').filter({ hasText: 'Tim Ahn' });
	await expect(card).toContainText('Active');
	await card.getByRole('button', { name: 'Suspend Tim Ahn' }).click();
	await page.getByLabel('Reason').fill('On leave');
	await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
	await expect(page.getByText('Tim Ahn is suspended.')).toBeVisible();
	await expect(card).toContainText('Suspended');
	await his.reload();
	await expect(his).toHaveURL(/\/sign-in/);
	await signIn(his, tim.email, tim.password);
	await expect(his.getByRole('alert')).toBeVisible();

	await card.getByRole('button', { name: 'Reactivate Tim Ahn' }).click();
	await expect(page.getByText('Tim Ahn can sign in again.')).toBeVisible();
	await card.getByRole('button', { name: 'Password link for Tim Ahn' }).click();
	const link = new URL(await page.getByRole('textbox', { name: 'Link' }).inputValue());
	await page.getByRole('button', { name: 'Done' }).click();
	const elsewhere = await visitor(browser, server);
	await elsewhere.goto(link.pathname + link.hash);
	await elsewhere.getByLabel('New password').fill('five other quiet words here');
	await elsewhere.getByLabel('The same again').fill('five other quiet words here');
	await elsewhere.getByRole('button', { name: 'Set the password' }).click();
	await expect(elsewhere.getByText('Your password is set.')).toBeVisible();
	await signIn(elsewhere, tim.email, 'five other quiet words here');
	await expect(elsewhere).toHaveURL(/\/decisions$/);

	await page.getByLabel('Find a person').fill('ada@');
	const own = page.getByRole('listitem').filter({ hasText: 'Ada Lindqvist' });
	await expect(own).toContainText('Owner of the installation');
	await expect(own.getByRole('button', { name: /Suspend|Password link/ })).toHaveCount(0);
	await expect(own.getByRole('button')).toHaveCount(1);

	// A plan for Tim, who sees it on his own page.
	await page.getByLabel('Find a person').fill('tim-ahn@');
	await card.getByRole('button', { name: 'Plan of Tim Ahn' }).click();
	await page.getByRole('dialog').getByLabel('Plan').selectOption({ label: 'Free' });
	await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The plan of Tim Ahn is saved.')).toBeVisible();
	await expect(card).toContainText('Plan: Free');
	await elsewhere.goto('/account');
	const plan = elsewhere.getByRole('region', { name: 'Plan and use' });
	await expect(plan).toContainText('0 of 3');
	await expect(plan).toContainText('not included');
});
