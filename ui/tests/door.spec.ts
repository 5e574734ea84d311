import { expect, test, type Page } from '@playwright/test';
import { json, mockApi, problem, type MockOptions } from './mock/api';
import { instanceSettings, user } from './mock/data';
import { preview, TOKEN, apiKeys, workspace } from './mock/people';

/** What the app has sent to one address, in order. */
function heard(): { bodies: unknown[]; answers: (what: string, reply: Reply) => MockOptions['answers'] } {
	const bodies: unknown[] = [];
	return { bodies, answers: (what, reply) => ({ [what]: async (route) => (bodies.push(route.request().postDataJSON()), reply(route, bodies.length)) }) };
}
type Reply = (route: Parameters<NonNullable<MockOptions['answers']>[string]>[0], times: number) => Promise<void>;

async function fillIn(page: Page) {
	await page.getByLabel('First name').fill(' Una ');
	await page.getByLabel('Last name').fill('Reyes');
	await page.getByLabel('Password').fill('four quiet words here');
}

test('whoever registers is told how the account is confirmed', async ({ page }) => {
	const { bodies, answers } = heard();
	await mockApi(page, { signedIn: false, registration: 'open', answers: answers('POST /api/auth/register', (route) => json(route, { data: {} }, 202)) });
	await page.goto('/sign-in');
	await page.getByRole('link', { name: 'Create an account' }).click();
	await fillIn(page);
	await page.getByLabel('E-mail').fill('una@example.org');
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page.getByText('Ask whoever runs this installation for a link that confirms una@example.org.')).toBeVisible();
	expect(bodies).toEqual([{ first_name: 'Una', last_name: 'Reyes', email: 'una@example.org', password: 'four quiet words here' }]);
});

test('accounts elsewhere have a button each, and a refusal on the way has a sentence', async ({ page }) => {
	await mockApi(page, {
		signedIn: false,
		providers: [
			{ slug: 'harbour', label: 'Harbour ID' },
			{ slug: 'city', label: 'City hall' }
		],
		answers: { 'GET /api/auth/oidc/city/start': (route) => route.fulfill({ contentType: 'text/plain', body: new URL(route.request().url()).search }) }
	});
	await page.goto('/sign-in?error=sso_not_allowed&reason=no_account&return_to=%2Fnotifications');
	await expect(page.getByRole('alert')).toContainText('You have no account here');
	await expect(page.getByRole('button', { name: 'Sign in with Harbour ID' })).toBeVisible();
	await page.getByRole('button', { name: 'Sign in with City hall' }).click();
	await expect(page.getByText('?return_to=%2Fnotifications')).toBeVisible();
});

test('whoever forgot the password asks for a link where mail is on', async ({ page }) => {
	const { bodies, answers } = heard();
	await mockApi(page, { signedIn: false, mail: true, answers: answers('POST /api/auth/password/forgot', (route) => json(route, { data: {} }, 202)) });
	await page.goto('/sign-in');
	await page.getByText('Forgot your password?').click();
	await expect(page.getByRole('button', { name: 'Send me a link' })).toBeDisabled();
	await page.getByLabel('E-mail').fill(' una@example.org ');
	await page.getByRole('button', { name: 'Send me a link' }).click();
	await expect(page.getByText('If una@example.org has an account, a link is on its way.')).toBeVisible();
	expect(bodies).toEqual([{ email: 'una@example.org' }]);
});

test('registration that is closed meanwhile says so', async ({ page }) => {
	await mockApi(page, {
		signedIn: false,
		registration: 'open',
		answers: { 'POST /api/auth/register': (route) => problem(route, 403, 'registration_closed', 'Nobody can make an account here.') }
	});
	await page.goto('/register');
	await fillIn(page);
	await page.getByLabel('E-mail').fill('una@example.org');
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page.getByRole('heading', { name: 'No new accounts at present' })).toBeVisible();
});

test('a confirmation link sets the password that is typed there, and signs in', async ({ page }) => {
	const { bodies, answers } = heard();
	await mockApi(page, {
		answers: answers('POST /api/auth/confirm', (route, times) =>
			times === 1
				? problem(route, 422, 'validation_failed', 'Some fields need attention.', [
						{ field: '/password', message: 'must have at least 12 characters', code: 'too_short' }
					])
				: json(route, { data: { user, csrf_token: 't' } })
		)
	});
	await page.goto('/confirm#a-token');
	await page.getByLabel('Password').fill('short');
	await page.getByRole('button', { name: 'Confirm and sign in' }).click();
	await expect(page.getByText('Password must have at least 12 characters.')).toBeVisible();
	await page.getByLabel('Password').fill('four quiet words here');
	await page.getByRole('button', { name: 'Confirm and sign in' }).click();
	await expect(page).toHaveURL(/\/decisions$/);
	await expect(page.getByText('Your account is confirmed. Welcome.')).toBeVisible();
	expect(bodies).toEqual(['short', 'four quiet words here'].map((password) => ({ token: 'a-token', password })));
});

test('a confirmation link that was used says so', async ({ page }) => {
	await mockApi(page, {
		signedIn: false,
		answers: { 'POST /api/auth/confirm': (route) => problem(route, 422, 'invalid_or_expired', 'The link is not valid.') }
	});
	await page.goto('/confirm#a-token');
	await page.getByLabel('Password').fill('four quiet words here');
	await page.getByRole('button', { name: 'Confirm and sign in' }).click();
	await expect(page.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
});

test('whoever holds an invitation for somebody else signs out, and goes on as the one who is invited', async ({ page }) => {
	const { bodies, answers } = heard();
	await mockApi(page, {
		answers: {
			'POST /api/auth/logout': (route) => route.fulfill({ status: 204 }),
			'POST /api/invitations/preview': (route) => json(route, { data: preview() }),
			...answers('POST /api/auth/register', (route) =>
				json(route, { data: { user: { ...user, email: 'una@example.org' }, csrf_token: 't', workspace: workspace('member') } }, 201)
			)
		}
	});
	await page.goto('/invitation#a-token');
	await page.getByRole('button', { name: 'Sign out and go on' }).click();
	await expect(page.getByText('Create your account to join.')).toBeVisible();
	await expect(page.getByLabel('E-mail')).toHaveAttribute('readonly', '');
	await fillIn(page);
	await page.getByRole('button', { name: 'Create account and join' }).click();
	await expect(page).toHaveURL(/\/w\/harbour-office$/);
	await expect(page.getByText('Welcome to Harbour Office.')).toBeVisible();
	expect(bodies).toEqual([
		{ first_name: 'Una', last_name: 'Reyes', email: 'una@example.org', password: 'four quiet words here', invitation_token: 'a-token' }
	]);
});

test('an invitation that ends while its page is open says so', async ({ page }) => {
	await mockApi(page, {
		answers: {
			'POST /api/invitations/preview': (route) => json(route, { data: preview({ email: user.email, has_account: true }) }),
			'POST /api/invitations/accept': (route) => problem(route, 409, 'invitation_expired', 'This invitation has ended.')
		}
	});
	await page.goto('/invitation#a-token');
	await page.getByRole('button', { name: 'Join' }).click();
	await expect(page.getByRole('heading', { name: 'This invitation has ended' })).toBeVisible();
});

test('a key is made after the password was asked for, and is shown once', async ({ page }) => {
	const { bodies, answers } = heard();
	const keys = new Set<string | undefined>();
	page.on('request', (request) => request.url().endsWith('/api/api-keys') && request.method() === 'POST' && keys.add(request.headers()['idempotency-key']));
	await mockApi(page, {
		answers: {
			'POST /api/auth/reauthenticate': (route) => route.fulfill({ status: 204 }),
			...answers('POST /api/api-keys', (route, times) =>
				times === 1 ? problem(route, 403, 'reauthenticate', 'Sign in again.') : json(route, { data: { key: apiKeys[0], token: TOKEN } }, 201)
			)
		}
	});
	await page.goto('/account');
	await page.getByRole('button', { name: 'New key' }).click();
	const dialog = page.getByRole('dialog', { name: 'New key' });
	await dialog.getByLabel('Name').fill('Nightly report');
	await dialog.getByLabel('Harbour Office').check();
	await dialog.getByLabel('Agent operator').check();
	await dialog.getByLabel('Ends').selectOption('Never');
	await dialog.getByRole('button', { name: 'Create key' }).click();
	await page.getByLabel('Present password').fill('four quiet words here');
	await page.getByRole('button', { name: 'Confirm', exact: true }).click();
	await expect(page.getByLabel('The key')).toHaveValue(TOKEN);
	const asked = { name: 'Nightly report', workspaces: [workspace('owner').id], scopes: ['agents:read', 'agents:write', 'agents:query'] };
	expect(bodies).toEqual([asked, asked]);
	// The server keeps the refusal under the first one.
	expect(keys.size).toBe(2);
	await page.getByRole('button', { name: 'I have it' }).click();
	await expect(page.getByRole('dialog')).toHaveCount(0);
	await expect(page.locator('body')).not.toContainText(TOKEN);
});

test('a role that was refused is shown as it is', async ({ page }) => {
	const grace = '/api/workspaces/harbour-office/members/00000000-0000-7031-8000-000000000002';
	await mockApi(page, { answers: { [`PATCH ${grace}`]: (route) => problem(route, 409, 'workspace_archived', 'This workspace is archived.') } });
	await page.goto('/w/harbour-office');
	const role = page.getByLabel('Role of Grace Okafor');
	await role.selectOption('guest');
	await expect(page.getByText('This workspace is archived.')).toBeVisible();
	await expect(role).toHaveValue('admin');
});

test('a link to sign in is asked for, opened, and used by a click', async ({ page }) => {
	const { bodies, answers } = heard();
	let used = 0;
	const redeemed: MockOptions['answers'] = {
		'POST /api/auth/magic-link/redeem': (route) => {
			used += 1;
			return used === 1
				? problem(route, 422, 'invalid_or_expired', 'This link is not valid.')
				: json(route, { data: { user, new_email: null, csrf_token: 't' } });
		}
	};
	await mockApi(page, {
		signedIn: false,
		mail: true,
		answers: { ...answers('POST /api/auth/magic-link', (route) => json(route, { data: {} }, 202)), ...redeemed }
	});
	await page.goto('/sign-in');
	await page.getByText('Sign in without a password').click();
	await page.getByLabel('E-mail').fill(' una@example.org ');
	await page.getByRole('button', { name: 'Send me a sign-in link' }).click();
	await expect(page.getByText('If una@example.org has an account, a link is on its way. It is good for 15 minutes')).toBeVisible();
	expect(bodies).toEqual([{ email: 'una@example.org' }]);

	await page.goto('/sign-in/link#old');
	await expect(page.getByRole('heading', { name: 'Sign in by your link' })).toBeVisible();
	expect(used).toBe(0);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
	await page.goto('/sign-in');
	await page.goto('/sign-in/link#new');
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page).toHaveURL(/\/decisions$/);
});

test('without mail no sign-in link is offered', async ({ page }) => {
	await mockApi(page, { signedIn: false });
	await page.goto('/sign-in');
	await expect(page.getByText('Forgot your password?')).toBeVisible();
	await expect(page.getByText('Sign in without a password')).toHaveCount(0);
});

test('another address is asked for after the password, and nothing typed is lost', async ({ page }) => {
	const { bodies, answers } = heard();
	await mockApi(page, {
		answers: {
			...answers('PUT /api/me/email', (route, times) =>
				times === 1
					? problem(route, 403, 'reauthenticate', 'Confirm your password first.')
					: json(route, { data: { email: 'una@example.org', mailed: false } }, 202)
			),
			'POST /api/auth/reauthenticate': (route) => route.fulfill({ status: 204 })
		}
	});
	await page.goto('/account');
	await page.getByLabel('New address').fill(' una@example.org ');
	await page.getByRole('button', { name: 'Change address' }).click();
	await page.getByLabel('Present password').fill('four quiet words here');
	await page.getByRole('button', { name: 'Confirm', exact: true }).click();
	await expect(page.getByText('You have asked for una@example.org. Ask whoever runs this installation')).toBeVisible();
	expect(bodies).toEqual([{ email: 'una@example.org' }, { email: 'una@example.org' }]);
});

test('an account is deleted only by whoever types its address, and not while workspaces are theirs', async ({ page }) => {
	let tries = 0;
	await mockApi(page, {
		answers: {
			'GET /api/me': (route) => json(route, { data: { user: { ...user, instance_role: 'user' }, new_email: null, csrf_token: 't' } }),
			'DELETE /api/me': (route) => {
				tries += 1;
				if (tries > 1) return route.fulfill({ status: 204 });
				const owned = [{ id: workspace('owner').id, name: 'Harbour Office', slug: 'harbour-office' }];
				const body = { title: 'Hand over first', status: 409, detail: 'You own workspaces.', code: 'owns_workspaces', errors: [], workspaces: owned };
				return route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify(body) });
			}
		}
	});
	await page.goto('/account');
	await page.getByRole('button', { name: 'Delete account' }).click();
	const dialog = page.getByRole('dialog');
	const remove = dialog.getByRole('button', { name: 'Delete for good' });
	await dialog.getByLabel('Type your address').fill('somebody@example.org');
	await expect(remove).toBeDisabled();
	await dialog.getByLabel('Type your address').fill(user.email.toUpperCase());
	await remove.click();
	await expect(dialog.getByRole('link', { name: 'Harbour Office' })).toHaveAttribute('href', '/w/harbour-office/settings');
	await remove.click();
	await expect(page).toHaveURL(/\/sign-in/);
	await expect(page.getByText('Your account is deleted.')).toBeVisible();
});

test('settings that the configuration holds cannot be changed, others are saved alone', async ({ page }) => {
	const { bodies, answers } = heard();
	const saved = { ...instanceSettings, registration_mode: { value: 'closed', source: 'page', fixed: false } };
	await mockApi(page, { answers: answers('PATCH /api/admin/settings', (route) => json(route, { data: saved })) });
	await page.goto('/admin/settings');
	await expect(page.getByLabel('Days until a deleted workspace is gone')).toBeDisabled();
	await expect(page.getByText('Set in the environment of the server')).toBeVisible();
	await page.getByLabel('Who may make an account').selectOption('closed');
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The settings are saved.')).toBeVisible();
	expect(bodies).toEqual([{ registration_mode: 'closed' }]);
	await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
});
