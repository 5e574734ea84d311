import type { Invited, Workspace } from '../src/lib/api/types';
import { expect, test } from './kit';
import { colleague, somebody } from './kit/people';
import { looksRight } from '../tests/looks';

test('an invitation rings the bell, is answered there, and the answer rings the other bell', async ({ browser, client, page, server }) => {
	const ines = somebody('Ines', 'Duarte');
	const hers = await colleague(browser, server, ines);
	await expect(hers.getByRole('link', { name: 'Notifications, none unread' })).toBeVisible();
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Tide Mill' });
	await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: ines.email, role: 'guest' });

	// It rings while she looks at something else, and her workspaces know of it, too.
	await hers.getByRole('link', { name: 'Notifications, 1 unread' }).click();
	const invitation = hers.getByRole('listitem').filter({ hasText: 'Invitation to Tide Mill' });
	await expect(invitation).toContainText('Ada Lindqvist');
	await looksRight(hers, 'notifications');
	await hers.setViewportSize({ width: 1280, height: 860 });
	await invitation.getByRole('button', { name: /^Accept/ }).click();
	await expect(invitation.getByText('You accepted.')).toBeVisible();
	await expect(invitation.getByRole('button', { name: /^Accept/ })).toHaveCount(0);
	await invitation.getByRole('link', { name: 'Go to the workspace' }).click();
	await expect(hers.getByRole('heading', { level: 1, name: 'Tide Mill' })).toBeVisible();
	await expect(hers.getByText('Your role: Guest')).toBeVisible();

	await page.goto('/decisions');
	await page.getByRole('link', { name: /^Notifications, \d+ unread$/ }).click();
	await expect(page.getByRole('listitem').filter({ hasText: 'Tide Mill' }).filter({ hasText: 'Ines Duarte' })).toBeVisible();
	await page.getByRole('button', { name: 'Mark all as read' }).click();
	await expect(page.getByRole('link', { name: 'Notifications, none unread' })).toBeVisible();

	// What she does not want to hear of rings no more.
	await hers.goto('/account');
	await hers.getByLabel('Your role in a workspace changes').selectOption({ label: 'Not at all' });
	await hers.locator('form').filter({ hasText: 'What you are told' }).getByRole('button', { name: 'Save' }).click();
	await expect(hers.getByText('Your choice is saved.')).toBeVisible();
	await hers.goto(`/w/${slug}`);
	const members = await client.get<{ id: string; email: string }[]>(`/api/workspaces/${slug}/members`);
	const place = members.find(({ email }) => email === ines.email)!.id;
	await client.patch(`/api/workspaces/${slug}/members/${place}`, { role: 'member' });
	await expect(hers.getByText('Your role: Member')).toBeVisible();
	await hers.goto('/notifications');
	await expect(hers.getByRole('listitem').filter({ hasText: 'Tide Mill' }).first()).toBeVisible();
	await expect(hers.getByRole('listitem').filter({ hasText: /role/i })).toHaveCount(0);
	await hers.context().close();
});

test('an invitation that was withdrawn says so, and cannot be answered', async ({ browser, client, server }) => {
	const nadia = somebody('Nadia', 'Haddad');
	const hers = await colleague(browser, server, nadia);
	const { slug } = await client.post<Workspace>('/api/workspaces', { name: 'Sluice' });
	const { member } = await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: nadia.email, role: 'member' });
	await hers.getByRole('link', { name: 'Notifications, 1 unread' }).click();
	await expect(hers.getByRole('button', { name: /^Accept/ })).toBeVisible();
	await client.post(`/api/workspaces/${slug}/invitations/${member.id}/revoke`);
	await hers.reload();
	await expect(hers.getByText('The invitation was withdrawn.')).toBeVisible();
	await expect(hers.getByRole('button', { name: /^Accept/ })).toHaveCount(0);
	await hers.context().close();
});
