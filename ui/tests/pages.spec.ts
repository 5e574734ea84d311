import { expect, test, type Page } from '@playwright/test';
import { accessible, looksRight } from './looks';
import { json, mockApi, problem, type MockOptions } from './mock/api';
import { C1, C2, S1, sessions, user } from './mock/data';
import { auditEntries, freePlan, LINK, members, preview, TOKEN, apiKeys } from './mock/people';

/** What the journeys do not come by: states of pages that a healthy server with one finished decision never shows. */
interface Shown {
	name: string;
	path: string;
	mock?: MockOptions;
	ready: string;
	act?: (page: Page) => Promise<void>;
}

const at = (step: string, view: string, cycle = C1) => `/decisions/${S1}?cycle=${cycle}&step=${step}&view=${view}`;
const withoutQuality = { ...sessions.find(({ id }) => id === S1), has_decision_quality: false };
const WORKSPACE = '/w/harbour-office';
const PREVIEW = 'POST /api/invitations/preview';
const previewed = (changes: Parameters<typeof preview>[0]): MockOptions['answers'] => ({ [PREVIEW]: (route) => json(route, { data: preview(changes) }) });
const PAGES: Shown[] = [
	{ name: 'talk', path: at('tradeoffs', 'talk'), ready: '.draft' },
	{ name: 'talk-complete', path: at('objectives', 'talk'), ready: '.message' },
	{ name: 'not-started', path: at('recommendation', 'talk'), ready: 'text=Start this step' },
	{ name: 'closed-step', path: at('decision_quality', 'talk'), ready: 'text=This step opens once' },
	{ name: 'branch', path: at('alternatives', 'talk', C2), ready: '.message' },
	{
		name: 'tree-dialog',
		path: at('tradeoffs', 'talk'),
		ready: '.draft',
		act: async (page) => {
			await page.getByRole('button', { name: 'Show all cycles larger' }).click();
			await page.locator('dialog[open] .tree').waitFor();
		}
	},
	{
		name: 'palette',
		path: '/decisions',
		ready: '.letters',
		act: async (page) => {
			await page.keyboard.press('Control+k');
			await page.getByRole('combobox').fill('de');
		}
	},
	{
		name: 'shortcuts',
		path: at('tradeoffs', 'talk'),
		ready: '.draft',
		act: async (page) => {
			await page.keyboard.press('?');
			await page.getByRole('dialog').waitFor();
		}
	},
	{ name: 'activity', path: `/decisions/${S1}/activity`, ready: '.threads' },
	{ name: 'admin', path: '/admin', ready: '.card' },
	{ name: 'notifications', path: '/notifications', ready: '.unread' },
	{ name: 'no-notifications', path: '/notifications', mock: { empty: true }, ready: 'text=Nothing has happened yet' },
	{ name: 'unsubscribe', path: '/unsubscribe#a.digest.b', ready: 'text=No more of these mails?' },
	{ name: 'dead-letters', path: '/admin/dead-letters', ready: '.card' },
	{ name: 'users', path: '/admin/users', ready: '.card' },
	{
		name: 'users-plan',
		path: '/admin/users',
		ready: '.card',
		act: async (page) => {
			await page.getByRole('button', { name: 'Plan of Grace Okafor' }).click();
			await page.getByRole('dialog').getByLabel('Last day (UTC)').waitFor();
		}
	},
	{
		name: 'plan-ended',
		path: '/account',
		mock: { answers: { 'GET /api/membership': (route) => json(route, { data: freePlan }) } },
		ready: 'text=Your plan ended on'
	},
	{
		name: 'step-not-included',
		path: at('decision_quality', 'talk'),
		mock: { answers: { [`GET /api/sessions/${S1}`]: (route) => json(route, { data: withoutQuality }) } },
		ready: 'text=does not include Decision quality'
	},
	{
		name: 'audit-instance',
		path: '/admin/audit',
		ready: 'ol li',
		act: (page) => page.getByText('Details').first().click()
	},
	{ name: 'audit-empty', path: '/admin/audit', mock: { empty: true }, ready: '.empty' },
	{ name: 'audit-workspace', path: `${WORKSPACE}/audit`, ready: 'ol li' },
	{ name: 'audit-guest', path: `${WORKSPACE}/audit`, mock: { role: 'guest' }, ready: 'text=for the owner and the admins' },
	{ name: 'sign-in-providers', path: '/admin/sign-in', ready: '.card' },
	{ name: 'no-sign-in-providers', path: '/admin/sign-in', mock: { empty: true }, ready: '.empty' },
	{
		name: 'edit-sign-in-provider',
		path: '/admin/sign-in',
		ready: '.card',
		act: async (page) => {
			await page.getByRole('button', { name: 'Edit Harbour ID' }).click();
			await page.getByRole('dialog').getByLabel('Group 1', { exact: true }).waitFor();
		}
	},
	{
		name: 'sign-in-elsewhere',
		path: '/sign-in?error=sso_failed&reason=expired',
		mock: { signedIn: false, providers: [{ slug: 'harbour', label: 'Harbour ID' }] },
		ready: 'text=Sign in with Harbour ID'
	},
	{ name: 'missing', path: '/nowhere', ready: 'h1' },
	{ name: 'workspaces', path: '/workspaces', ready: '.workspace' },
	{ name: 'workspaces-empty', path: '/workspaces', mock: { empty: true }, ready: '.empty' },
	{ name: 'workspaces-archived', path: '/workspaces?archived', mock: { archived: true }, ready: '.workspace' },
	{
		name: 'new-workspace',
		path: '/workspaces',
		ready: '.workspace',
		act: async (page) => {
			await page.keyboard.press('n');
			await page.getByRole('dialog').getByLabel('Name').fill('Quay');
		}
	},
	{ name: 'people-owner', path: WORKSPACE, ready: '.rows li' },
	{ name: 'people-guest', path: WORKSPACE, mock: { role: 'guest' }, ready: '.rows li' },
	{ name: 'people-alone', path: WORKSPACE, mock: { empty: true }, ready: '.empty' },
	{
		name: 'invite',
		path: WORKSPACE,
		ready: '.rows li',
		act: async (page) => {
			await page.getByRole('button', { name: 'Invite somebody' }).click();
			await page.getByRole('dialog').getByLabel('Their e-mail address').fill('una@example.org');
		}
	},
	{
		name: 'invitation-link',
		path: WORKSPACE,
		mock: { answers: { [`POST /api/workspaces/harbour-office/members`]: (route) => json(route, { data: { member: members('owner')[4], link: LINK } }, 201) } },
		ready: '.rows li',
		act: async (page) => {
			await page.getByRole('button', { name: 'Invite somebody' }).click();
			await page.getByRole('dialog').getByLabel('Their e-mail address').fill('una@example.org');
			await page.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
			await expect(page.getByLabel('Invitation link')).toHaveValue(LINK);
		}
	},
	{ name: 'settings-owner', path: `${WORKSPACE}/settings`, ready: '#leave' },
	{ name: 'settings-guest', path: `${WORKSPACE}/settings`, mock: { role: 'guest' }, ready: '#leave' },
	{ name: 'settings-archived', path: `${WORKSPACE}/settings`, mock: { archived: true }, ready: '#delete' },
	{ name: 'invitation-register', path: '/invitation#a-token', mock: { signedIn: false }, ready: 'form' },
	{ name: 'invitation-sign-in', path: '/invitation#a-token', mock: { signedIn: false, answers: previewed({ has_account: true }) }, ready: 'form' },
	{ name: 'invitation-join', path: '/invitation#a-token', mock: { answers: previewed({ email: 'Astrid@example.org' }) }, ready: 'h1' },
	{ name: 'invitation-other', path: '/invitation#a-token', ready: 'h1' },
	{
		name: 'invitation-expired',
		path: '/invitation#a-token',
		mock: { answers: { [PREVIEW]: (route) => problem(route, 409, 'invitation_expired', 'The invitation has expired.') } },
		ready: 'h1'
	},
	{ name: 'invitation-invalid', path: '/invitation', ready: 'h1' },
	{ name: 'register', path: '/register', mock: { signedIn: false, registration: 'open' }, ready: 'form' },
	{ name: 'register-invite', path: '/register', mock: { signedIn: false }, ready: 'h1' },
	{ name: 'confirm', path: '/confirm#a-token', mock: { signedIn: false }, ready: 'form' },
	{ name: 'account', path: '/account', ready: '#keys-panel li' },
	{ name: 'account-new-address', path: '/account', mock: { newEmail: 'astrid.of.the.harbour@example.org', mail: true }, ready: '.waiting' },
	{
		name: 'account-delete',
		path: '/account',
		mock: { answers: { 'GET /api/me': (route) => json(route, { data: { user: { ...user, instance_role: 'user' }, new_email: null, csrf_token: 't' } }) } },
		ready: '#keys-panel li',
		act: async (page) => {
			await page.getByRole('button', { name: 'Delete account' }).click();
			await page.getByRole('dialog').getByLabel('Type your address').fill('astrid');
		}
	},
	{ name: 'sign-in-mail', path: '/sign-in', mock: { signedIn: false, mail: true }, ready: 'text=Sign in without a password' },
	{ name: 'sign-in-link', path: '/sign-in/link#a-token', mock: { signedIn: false }, ready: 'form' },
	{ name: 'sign-in-link-invalid', path: '/sign-in/link', mock: { signedIn: false }, ready: 'h1' },
	{ name: 'confirm-email', path: '/confirm-email#a-token', mock: { signedIn: false }, ready: 'form' },
	{ name: 'instance-settings', path: '/admin/settings', ready: 'form' },
	{
		name: 'new-key',
		path: '/account',
		ready: '#keys-panel li',
		act: async (page) => {
			await page.getByRole('button', { name: 'New key' }).click();
			await page.getByRole('dialog').getByLabel('Custom').check();
		}
	},
	{
		name: 'key-shown',
		path: '/account',
		mock: { answers: { 'POST /api/api-keys': (route) => json(route, { data: { key: apiKeys[0], token: TOKEN } }, 201) } },
		ready: '#keys-panel li',
		act: async (page) => {
			await page.getByRole('button', { name: 'New key' }).click();
			await page.getByRole('dialog').getByLabel('Name').fill('Nightly report');
			await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
			await expect(page.getByLabel('The key')).toHaveValue(TOKEN);
		}
	}
];

for (const shown of PAGES) {
	test(shown.name, async ({ page }) => {
		const faults: string[] = [];
		page.on('pageerror', (error) => faults.push(String(error)));
		page.on('console', (message) => {
			if (message.type() === 'error' && !/status of (401|404|409)/.test(message.text())) faults.push(message.text());
		});
		await mockApi(page, shown.mock);
		await page.goto(shown.path);
		await page.locator(shown.ready).first().waitFor();
		await shown.act?.(page);
		await looksRight(page, shown.name, 'pages');
		expect(faults).toEqual([]);
	});
}

test.describe('390 px', () => {
	test.use({ viewport: { width: 390, height: 844 } });
	test('the steps unfold and lead to the tree of cycles', async ({ page }) => {
		await mockApi(page);
		await page.goto(at('tradeoffs', 'talk'));
		await page.locator('.draft').waitFor();
		await page.locator('button.fold').click();
		await page.getByRole('button', { name: 'Show all cycles larger' }).click();
		await expect(page.locator('dialog[open] .tree')).toBeVisible();
		await accessible(page, 'tree, 390 px');
	});
	test('the switcher names the workspace, and leads to the others and to the open invitations', async ({ page }) => {
		await mockApi(page);
		await page.goto(WORKSPACE);
		await page.locator('.rows li').first().waitFor();
		await page.getByRole('button', { name: 'Workspace Harbour Office' }).click();
		await expect(page.getByRole('menuitem')).toHaveText(['HHarbour Office', 'ÖÖlhafen', /lighthouse/, 'Open invitations: 1', 'All workspaces', 'New workspace']);
		await expect(page.getByRole('menuitem').first()).toHaveAttribute('aria-current', 'page');
		await accessible(page, 'switcher, 390 px');
		await page.getByRole('menuitem').first().press('End');
		await page.keyboard.press('Enter');
		await expect(page.getByRole('dialog', { name: 'New workspace' })).toBeVisible();
	});
});

test('the audit log is searched, and an id leads to what names it', async ({ page }) => {
	const asked: string[] = [];
	await mockApi(page, {
		answers: {
			'GET /api/admin/audit': (route) => {
				asked.push(new URL(route.request().url()).search);
				return json(route, { data: auditEntries, meta: {} });
			}
		}
	});
	await page.goto('/admin/audit');
	await page.getByLabel('What').selectOption('Failed sign-ins');
	await expect.poll(() => asked.at(-1)).toBe('?kind=sign_in');
	await page.getByLabel('What').selectOption('Everything');
	await page.getByText('Details').first().click();
	await page.getByTitle(`Show what names ${auditEntries[0]!.session_id}`).first().click();
	await expect.poll(() => asked.at(-1)).toBe(`?id=${auditEntries[0]!.session_id}`);
	await page.getByRole('button', { name: 'Show everything' }).click();
	await expect.poll(() => asked.at(-1)).toBe('');
});

test('who asks too often is told when to try again, and keeps what was typed', async ({ page }) => {
	const refusal = { title: 'Too many requests', status: 429, detail: 'the limit is reached', code: 'rate_limited', retry_after_secs: 40, scope: 'requests' };
	await mockApi(page, { answers: { 'POST /api/workspaces': (route) => json(route, refusal, 429) } });
	await page.goto('/workspaces');
	await page.locator('.workspace').first().waitFor();
	await page.keyboard.press('n');
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Name').fill('Quay');
	await dialog.getByLabel('Name').press('Enter');
	await expect(dialog.getByRole('alert')).toContainText('Try again in 40 seconds');
	await expect(dialog.getByLabel('Name')).toHaveValue('Quay');
});
