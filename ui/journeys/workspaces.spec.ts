import type { Invited, Workspace } from '../src/lib/api/types';
import { expect, test } from './kit';
import { colleague, somebody, visitor } from './kit/people';

test('a team begins: workspace, invitation by link, account, and the parting', async ({ browser, page, server }) => {
	await page.goto('/decisions');
	await page.getByRole('button', { name: 'Workspaces' }).click();
	await page.getByRole('menuitem', { name: 'New workspace' }).click();
	await page.getByRole('dialog').getByLabel('Name').fill('Harbour Crew');
	await page.getByRole('dialog').getByLabel('Description').fill('Berths and the new quay.');
	await page.getByRole('dialog').getByText('Teal').click();
	await page.getByRole('button', { name: 'Create workspace' }).click();
	await expect(page).toHaveURL(/\/w\/harbour-crew$/);
	await expect(page.getByRole('heading', { name: 'Harbour Crew' })).toBeVisible();
	await expect(page.getByText('You are here alone so far')).toBeVisible();

	await page.getByRole('button', { name: 'Invite somebody' }).click();
	await page.getByLabel('Their e-mail address').fill('Una-Reyes@example.org');
	await page.getByLabel('Guest').check();
	await page.getByRole('button', { name: 'Invite', exact: true }).click();
	const link = await page.getByLabel('Invitation link').inputValue();
	expect(link).toContain('/invitation#');
	await page.getByRole('button', { name: 'Done' }).click();
	await expect(page.getByRole('region', { name: 'Invited' })).toContainText('una-reyes@example.org as Guest');

	const una = await visitor(browser, server);
	const { pathname, hash } = new URL(link);
	await una.goto(pathname + hash);
	await expect(una.getByText('Ada Lindqvist invites you to work in Harbour Crew, as Guest.')).toBeVisible();
	await expect(una.getByLabel('E-mail')).toHaveValue('una-reyes@example.org');
	await una.getByLabel('First name').fill('Una');
	await una.getByLabel('Last name').fill('Reyes');
	await una.getByLabel('Password').fill('short');
	await una.getByRole('button', { name: 'Create account and join' }).click();
	await expect(una.getByText('Password must have at least 12 characters.')).toBeVisible();
	await una.getByLabel('Password').fill('four quiet words here');
	await una.getByRole('button', { name: 'Create account and join' }).click();
	await expect(una).toHaveURL(/\/w\/harbour-crew$/);
	await expect(una.getByRole('heading', { name: 'Harbour Crew' })).toBeVisible();
	await expect(una.getByText('Your role: Guest')).toBeVisible();
	await expect(una.getByText('Ada Lindqvist can invite people and set roles.')).toBeVisible();
	await expect(una.getByRole('button', { name: 'Invite somebody' })).toHaveCount(0);

	const row = page.getByRole('listitem').filter({ hasText: 'Una Reyes' });
	await expect(row).toBeVisible();
	await expect(page.getByRole('region', { name: 'Invited' })).toHaveCount(0);
	await page.getByLabel('Role of Una Reyes').selectOption('admin');
	await expect(page.getByText('Una Reyes: Admin from now on.')).toBeVisible();
	await expect(una.getByText('Your role: Admin')).toBeVisible();
	await expect(una.getByRole('button', { name: 'Invite somebody' })).toBeVisible();

	await row.getByRole('button', { name: 'Remove Una Reyes' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
	await expect(page.getByText('Una Reyes does not belong to the workspace any more.')).toBeVisible();
	await expect(row).toHaveCount(0);
	await expect(una).toHaveURL(/\/workspaces$/);
	await expect(una.getByText('You belong to no workspace yet')).toBeVisible();
});

test('an invitation finds those who are here already, is withdrawn, and is for one person only', async ({ browser, client, expected, page, server }) => {
	expected.push(/status of (404|409)/);
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Lighthouse' });
	const grace = somebody('Grace', 'Okafor');
	const hers = await colleague(browser, server, grace);
	await page.goto(`/w/${slug}`);
	await page.getByRole('button', { name: 'Invite somebody' }).click();
	await page.getByLabel('Their e-mail address').fill(grace.email);
	await page.getByRole('button', { name: 'Invite', exact: true }).click();
	const first = await page.getByLabel('Invitation link').inputValue();
	await page.getByRole('button', { name: 'Done' }).click();
	await page.getByRole('button', { name: 'Invite somebody' }).click();
	await page.getByLabel('Their e-mail address').fill(grace.email);
	await page.getByRole('button', { name: 'Invite', exact: true }).click();
	await expect(page.getByRole('dialog').getByText('This address belongs to a member, or is invited already.').last()).toBeVisible();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

	// The owner opens the link that is not for them.
	const path = (link: string) => new URL(link).pathname + new URL(link).hash;
	await page.goto(path(first));
	await expect(page.getByRole('heading', { name: 'This invitation is for somebody else' })).toBeVisible();
	await expect(page.getByText(`It is for ${grace.email}, but you are signed in as ada@example.org.`)).toBeVisible();
	await page.getByRole('link', { name: 'Stay signed in' }).click();
	await page.goto(`/w/${slug}`);

	// A new link ends the old one.
	await page.getByRole('button', { name: `Send again to ${grace.email}` }).click();
	const second = await page.getByLabel('Invitation link').inputValue();
	expect(second).not.toBe(first);
	const stranger = await visitor(browser, server);
	await stranger.goto(path(first));
	await expect(stranger.getByRole('heading', { name: 'This invitation is not valid' })).toBeVisible();
	await stranger.goto('about:blank');
	await stranger.goto(path(second));
	await expect(stranger.getByText('You have an account here. Sign in to join.')).toBeVisible();
	await page.getByRole('button', { name: 'Done' }).click();

	// She finds it without the link, too.
	await hers.reload();
	await hers.getByRole('button', { name: 'Workspaces' }).click();
	await hers.getByRole('menuitem', { name: 'Open invitations: 1' }).click();
	await expect(hers.getByText('Ada Lindqvist invites you as Member')).toBeVisible();
	await hers.getByRole('button', { name: 'Decline the invitation to Lighthouse' }).click();
	await expect(hers.getByText('The invitation to Lighthouse is declined.')).toBeVisible();
	await expect(hers.getByRole('heading', { name: 'You are invited' })).toHaveCount(0);

	const again = await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: grace.email, role: 'member' });
	await stranger.goto('about:blank');
	await stranger.goto(path(again.link!));
	await stranger.getByLabel('Password').fill(grace.password);
	await stranger.getByRole('button', { name: 'Sign in and join' }).click();
	await expect(stranger).toHaveURL(new RegExp(`/w/${slug}$`));
	await expect(stranger.getByText('Your role: Member')).toBeVisible();

	const revoked = await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: 'tim@example.org', role: 'guest' });
	await page.reload();
	await page.getByRole('button', { name: 'Revoke the invitation of tim@example.org' }).click();
	await expect(page.getByText('The invitation of tim@example.org is revoked.')).toBeVisible();
	const tim = await visitor(browser, server);
	await tim.goto(path(revoked.link!));
	await expect(tim.getByRole('heading', { name: 'This invitation is not valid' })).toBeVisible();
});

test('a workspace is renamed, handed over, left, archived, restored and deleted', async ({ browser, client, expected, page, server }) => {
	expected.push(/status of (404|409)/);
	const mary = somebody('Mary', 'Ahlgren');
	const hers = await colleague(browser, server, mary);
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Quay' });
	await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: mary.email, role: 'member' });
	await hers.goto('/workspaces');
	await hers.getByRole('button', { name: 'Join Quay' }).click();
	await expect(hers).toHaveURL(/\/w\/quay$/);

	await page.goto(`/w/${slug}/settings`);
	await page.getByLabel('Name').fill('New Quay');
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The workspace is saved.')).toBeVisible();
	await expect(page.getByRole('heading', { name: 'New Quay', level: 1 })).toBeVisible();
	await expect(page.getByLabel('Address')).toHaveValue('/w/quay');

	await expect(page.getByText('Hand it over to somebody else before you leave.')).toBeVisible();
	await page.getByLabel('New owner').selectOption('Mary Ahlgren');
	await page.getByRole('button', { name: 'Hand over' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Hand over' }).click();
	await expect(page.getByText('Mary Ahlgren is the owner now.')).toBeVisible();
	await expect(page.getByText('Mary Ahlgren can archive, delete or hand over this workspace.')).toBeVisible();
	await page.getByRole('button', { name: 'Leave the workspace' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Leave the workspace' }).click();
	await expect(page.getByText('You have left New Quay.')).toBeVisible();
	await expect(page).toHaveURL(/\/workspaces$/);
	await expect(page.getByRole('link', { name: /New Quay/ })).toHaveCount(0);

	await hers.goto(`/w/${slug}/settings`);
	await hers.getByRole('button', { name: 'Archive', exact: true }).click();
	await expect(hers.getByText('This workspace is archived.')).toBeVisible();
	await hers.getByRole('button', { name: 'Delete…' }).click();
	const sure = hers.getByRole('button', { name: 'Delete this workspace' });
	await expect(sure).toBeDisabled();
	await hers.getByLabel('Type quay to confirm').fill('quay');
	await sure.click();
	await expect(hers.getByText('This workspace is deleted for good on')).toBeVisible();
	await hers.goto('/workspaces?archived');
	await expect(hers.getByRole('link', { name: /New Quay.*Deleted for good on/s })).toBeVisible();
	await hers.getByRole('link', { name: /New Quay/ }).click();
	await hers.getByRole('link', { name: 'Settings' }).click();
	await hers.getByRole('button', { name: 'Restore', exact: true }).click();
	await expect(hers.getByText('This workspace is archived.')).toHaveCount(0);
	await expect(hers.getByRole('button', { name: 'Archive', exact: true })).toBeVisible();
});
