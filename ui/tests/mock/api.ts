/** Answers the app's requests in the browser, from the mocked decision. Not a server: it keeps no state but what a test sets. */
import type { Page, Route } from '@playwright/test';
import type { OfferedProvider, RegistrationMode, Role } from '../../src/lib/api/types';
import * as data from './data';
import * as people from './people';

export interface MockOptions {
	signedIn?: boolean;
	setupRequired?: boolean;
	empty?: boolean;
	/** What the signed-in person is in the workspace. */
	role?: Role;
	archived?: boolean;
	registration?: RegistrationMode;
	mail?: boolean;
	/** The address that the signed-in person has asked for. */
	newEmail?: string | null;
	/** What the sign-in page offers beside the password. */
	providers?: OfferedProvider[];
	/** Answers that take precedence, by "METHOD /path". */
	answers?: Record<string, (route: Route) => Promise<void>>;
}

export const json = (route: Route, body: unknown, status = 200) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) });
export const problem = (route: Route, status: number, code: string, detail: string, errors: unknown[] = []) =>
	route.fulfill({
		status,
		contentType: 'application/problem+json',
		body: JSON.stringify({ type: 'about:blank', title: detail, status, detail, code, errors, request_id: 'r-1' })
	});

export async function mockApi(page: Page, options: MockOptions = {}): Promise<void> {
	const { signedIn = true, setupRequired = false, empty = false, role = 'owner', archived = false, registration = 'invite', mail = false, newEmail = null, providers = [], answers = {} } = options;
	await page.routeWebSocket(/\/api\/.*\/(live|stream)$/, (socket) => {
		if (!socket.url().endsWith('/live')) return;
		const frame = { type: 'connected', data: {}, seq: 40, eventId: null, occurredAt: data.NOW, correlationId: null };
		socket.send(JSON.stringify(frame));
	});
	await page.route('**/api/**', async (route) => {
		const request = route.request();
		const url = new URL(request.url());
		const path = url.pathname;
		const own = answers[`${request.method()} ${path}`];
		if (own) return own(route);
		const list = (found: unknown[]) => json(route, { data: found, meta: { total: found.length } });
		const one = (found: unknown, status = 200) => json(route, { data: found }, status);

		if (path === '/api/auth/methods') return one({ setup_required: setupRequired, methods: mail ? ['password', 'link'] : ['password'], providers, registration, mail });
		if (path === '/api/me') return signedIn ? one({ user: data.user, new_email: newEmail, csrf_token: 't' }) : problem(route, 401, 'unauthenticated', 'Sign in first.');
		if (path === '/api/auth/login') return problem(route, 401, 'invalid_credentials', 'E-mail or password is wrong.');
		if (path === '/api/sessions') return list(empty || url.searchParams.get('status') === 'archived' ? [] : data.sessions);
		if (path === '/api/notifications') return list(empty ? [] : data.notifications);
		if (path === '/api/me/notification-preferences') return one(data.notificationPreferences);
		if (path === '/api/admin/mail') return one({ is_on: true, server: 'mail.example.org:587', from: 'althing@example.org' });
		if (path === '/api/admin/settings') return one(data.instanceSettings);
		if (path === '/api/admin/instance') return one(data.instance);
		if (path === '/api/admin/subscriptions') return list(data.subscriptions);
		if (path === '/api/admin/dead-letters') return list(data.deadLetters);
		if (path === '/api/events/catalogue') return list(data.catalogue);

		const workspace = archived ? { ...people.archivedWorkspace, role } : people.workspace(role);
		if (path === '/api/workspaces') {
			if (url.searchParams.get('archived') === 'true') return list(archived ? [workspace] : []);
			return list(empty ? [] : [...(archived ? [] : [workspace]), ...people.others]);
		}
		if (path === `/api/workspaces/${workspace.slug}`) return one(workspace);
		if (path === `/api/workspaces/${workspace.slug}/members`) return list(empty ? people.members(role).slice(0, 1) : people.members(role));
		if (path === '/api/admin/audit') return list(empty ? [] : people.auditEntries);
		if (path === `/api/workspaces/${workspace.slug}/audit`) return json(route, { data: people.auditEntries, meta: { next_cursor: 'more' } });
		if (path === '/api/invitations') return list(empty ? [] : people.ownInvitations);
		if (path === '/api/invitations/preview') return one(people.preview());
		if (path === '/api/api-keys') return list(empty || url.searchParams.get('status') === 'revoked' ? [] : people.apiKeys);
		if (path === '/api/me/sessions') return list(data.openSessions);
		if (path === '/api/membership') return one(people.membership());
		if (path === '/api/admin/users') return list(people.accounts);
		if (path === '/api/admin/oidc-providers') return list(empty ? [] : people.signInProviders);
		if (path === '/api/me/identities') return list(empty ? [] : people.identities);

		const inSession = path.match(/^\/api\/sessions\/([^/]+)(\/.*)?$/);
		if (inSession) {
			const session = data.sessions.find((known) => known.id === inSession[1]);
			if (!session) return problem(route, 404, 'session_not_found', 'There is no such decision.');
			const rest = inSession[2] ?? '';
			if (rest === '') return one(session);
			if (rest === '/dashboard') return one(data.overview(url.searchParams.get('cycleId') ?? data.C1));
			if (rest === '/cycle-tree') return one(data.tree);
			if (rest === '/activity') return list(data.activity);
			if (rest === '/outcomes') return list([]);
		}
		const inCycle = path.match(/^\/api\/cycles\/([^/]+)(\/.*)?$/);
		if (inCycle) {
			const rest = inCycle[2] ?? '';
			if (rest === '') return one(data.cycle(inCycle[1]!));
			if (rest === '/analysis') return one(data.analysis);
			if (rest === '/revisits') return list(data.revisits);
			if (rest === '/navigate') return one(data.cycle(inCycle[1]!));
		}
		const inComponent = path.match(/^\/api\/components\/([^/]+)\/conversation$/);
		if (inComponent) {
			const component = [...data.components(data.C1), ...data.components(data.C2)].find((known) => known.id === inComponent[1]);
			if (component) return one(data.conversation(component));
		}
		return problem(route, 404, 'not_found', `Not mocked: ${request.method()} ${path}`);
	});
}
