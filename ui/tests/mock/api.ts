/** Answers the app's requests in the browser, from the mocked decision. Not a server: it keeps no state but what a test sets. */
import type { Page, Route } from '@playwright/test';
import * as data from './data';

export interface MockOptions {
	signedIn?: boolean;
	setupRequired?: boolean;
	empty?: boolean;
	/** Answers that take precedence, by "METHOD /path". */
	answers?: Record<string, (route: Route) => Promise<void>>;
}

const json = (route: Route, body: unknown, status = 200) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) });
export const problem = (route: Route, status: number, code: string, detail: string, errors: unknown[] = []) =>
	route.fulfill({
		status,
		contentType: 'application/problem+json',
		body: JSON.stringify({ type: 'about:blank', title: detail, status, detail, code, errors, request_id: 'r-1' })
	});

export async function mockApi(page: Page, options: MockOptions = {}): Promise<void> {
	const { signedIn = true, setupRequired = false, empty = false, answers = {} } = options;
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

		if (path === '/api/auth/methods') return one({ setup_required: setupRequired, methods: ['password'] });
		if (path === '/api/me') return signedIn ? one({ user: data.user, csrf_token: 't' }) : problem(route, 401, 'unauthenticated', 'Sign in first.');
		if (path === '/api/auth/login') return problem(route, 401, 'invalid_credentials', 'E-mail or password is wrong.');
		if (path === '/api/sessions') return list(empty || url.searchParams.get('status') === 'archived' ? [] : data.sessions);
		if (path === '/api/admin/subscriptions') return list(data.subscriptions);
		if (path === '/api/admin/dead-letters') return list(data.deadLetters);
		if (path === '/api/events/catalogue') return list(data.catalogue);

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
