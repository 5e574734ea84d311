import { COMPONENT_TYPES, type Invited, type Session, type Workspace } from '../src/lib/api/types';
import type { Client } from './kit/client';
import { expect, test } from './kit';
import { looksRight } from '../tests/looks';

/** Every page with real content, in every form it has; the pictures are kept to be looked at. */
let kept: { worker: number; session: Session } | null = null;
async function example(client: Client, worker: number): Promise<Session> {
	if (kept?.worker !== worker) kept = { worker, session: await client.example() };
	return kept.session;
}
/** A workspace with somebody invited, and the link that they got. */
let place: { worker: number; slug: string; link: string } | null = null;
async function harbour(client: Client, worker: number): Promise<string> {
	if (place?.worker !== worker) {
		const { slug } = await client.post<Workspace>('/api/workspaces', {
			name: 'Harbour Office',
			description: 'Berths, dredging and the new quay.',
			color: '#0F766E'
		});
		const { link } = await client.post<Invited>(`/api/workspaces/${slug}/members`, { email: 'una@example.org', role: 'member' });
		const { pathname, hash } = new URL(link!);
		place = { worker, slug, link: pathname + hash };
	}
	return place.link;
}
const inCycle = (session: Session, query: string, at = 0) => `/decisions/${session.id}?cycle=${session.cycle_ids[at]}&${query}`;

const PAGES: { name: string; path: (session: Session) => string; ready: string }[] = [
	{ name: 'decisions', path: () => '/decisions', ready: '.letters' },
	...COMPONENT_TYPES.map((step) => ({ name: `write-${step}`, path: (session: Session) => inCycle(session, `step=${step}&view=write`), ready: 'form .body' })),
	{ name: 'talk', path: (session) => inCycle(session, 'step=issue_raising&view=talk'), ready: '[role=log]' },
	{ name: 'picture', path: (session) => inCycle(session, 'step=consequences&view=picture'), ready: '.picture-so-far figure' },
	{ name: 'branch', path: (session) => inCycle(session, 'step=consequences&view=write', 1), ready: '[role=grid]' },
	{ name: 'branch-next', path: (session) => inCycle(session, 'step=tradeoffs', 1), ready: '.panel' },
	{ name: 'compare', path: (session) => `/decisions/${session.id}/compare?cycles=${session.cycle_ids.join(',')}`, ready: 'figure svg' },
	{ name: 'document', path: (session) => `/decisions/${session.id}/document?cycle=${session.cycle_ids[0]}`, ready: 'article h3' },
	{ name: 'activity', path: (session) => `/decisions/${session.id}/activity`, ready: '.threads' },
	{ name: 'account', path: () => '/account', ready: 'section li' },
	{ name: 'workspaces', path: () => '/workspaces', ready: '.workspace' },
	{ name: 'people', path: () => `/w/${place?.slug}`, ready: '#invited' },
	{ name: 'workspace-settings', path: () => `/w/${place?.slug}/settings`, ready: '#leave' },
	{ name: 'users', path: () => '/admin/users', ready: 'li.card' },
	{ name: 'admin', path: () => '/admin', ready: '.card' },
	{ name: 'dead-letters', path: () => '/admin/dead-letters', ready: 'main h2' },
	{ name: 'events', path: () => '/admin/events', ready: 'details' },
	{ name: 'missing', path: () => '/nowhere', ready: 'h1' }
];

test.describe.configure({ mode: 'parallel' });
for (const shown of PAGES) {
	test(shown.name, async ({ client, expected, page }, info) => {
		if (shown.name === 'missing') expected.push(/404/);
		const session = await example(client, info.workerIndex);
		await harbour(client, info.workerIndex);
		await page.goto(shown.path(session));
		await page.locator(shown.ready).first().waitFor();
		await looksRight(page, shown.name);
	});
}

test('sign-in', async ({ browser, client, expected, server }, info) => {
	expected.push(/401/);
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] } });
	const page = await context.newPage();
	await page.goto('/sign-in');
	await page.getByLabel('E-mail').waitFor();
	await looksRight(page, 'sign-in');
	await page.goto('/reset#a-token');
	await page.getByLabel('New password').waitFor();
	await looksRight(page, 'reset');
	await page.goto(await harbour(client, info.workerIndex));
	await page.getByLabel('First name').waitFor();
	await looksRight(page, 'invitation');
	await page.goto('/register');
	await page.getByRole('heading', { name: 'Accounts are by invitation' }).waitFor();
	await looksRight(page, 'register');
	await page.goto('/confirm#a-token');
	await page.getByLabel('Password').waitFor();
	await looksRight(page, 'confirm');
	await context.close();
});

test('the picture of the product', async ({ client, page }, info) => {
	test.skip(!process.env.ALTHING_SCREENSHOT, 'taken on demand by `npm run screenshot`');
	const session = await example(client, info.workerIndex);
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	await page.goto(inCycle(session, 'step=consequences&view=write', 1));
	await page.getByRole('grid').waitFor();
	await expect(page.locator('.live.open')).toBeVisible();
	await page.waitForLoadState('networkidle');
	await page.screenshot({ path: process.env.ALTHING_SCREENSHOT! });
});
