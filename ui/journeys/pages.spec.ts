import { COMPONENT_TYPES, type Session } from '../src/lib/api/types';
import type { Client } from './kit/client';
import { expect, test } from './kit';
import { looksRight } from '../tests/looks';

/** Every page with real content, in every form it has; the pictures are kept to be looked at. */
let kept: { worker: number; session: Session } | null = null;
async function example(client: Client, worker: number): Promise<Session> {
	if (kept?.worker !== worker) kept = { worker, session: await client.example() };
	return kept.session;
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
		await page.goto(shown.path(session));
		await page.locator(shown.ready).first().waitFor();
		await looksRight(page, shown.name);
	});
}

test('sign-in', async ({ browser, expected, server }) => {
	expected.push(/401/);
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] } });
	const page = await context.newPage();
	await page.goto('/sign-in');
	await page.getByLabel('E-mail').waitFor();
	await looksRight(page, 'sign-in');
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
