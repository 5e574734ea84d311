/** `test` with a running server per worker, its owner signed in, and an eye on the console of every page. */
import { test as base, expect, request, type BrowserContext, type Page } from '@playwright/test';
import { Client } from './client';
import { Server, type Person } from './server';

export { expect };
export const OWNER: Person = { first_name: 'Ada', last_name: 'Lindqvist', email: 'ada@example.org', password: 'four quiet words here' };

interface Shared {
	server: Server;
	/** Cookies of the owner. */
	signedIn: Awaited<ReturnType<BrowserContext['storageState']>>;
}
interface Own {
	client: Client;
	/** What the console may complain about in this journey: refusals it provokes on purpose. */
	expected: RegExp[];
	watched: void;
}

export const test = base.extend<Own, Shared>({
	server: [
		async ({}, use) => {
			const server = new Server();
			await server.start();
			await use(server);
			await server.remove();
		},
		{ scope: 'worker', timeout: 60_000 }
	],
	signedIn: [
		async ({ server }, use) => {
			const door = await request.newContext({ baseURL: server.url });
			const answer = await door.post('/api/setup', { data: OWNER });
			expect(answer.status(), await answer.text()).toBe(201);
			await use(await door.storageState());
			await door.dispose();
		},
		{ scope: 'worker' }
	],
	baseURL: async ({ server }, use) => use(server.url),
	storageState: async ({ signedIn }, use) => use(signedIn),
	client: async ({ context }, use) => use(new Client(context.request)),
	expected: async ({}, use) => use([]),
	watched: [
		async ({ context, expected }, use) => {
			const faults: string[] = [];
			const note = (text: string) => {
				if (!expected.some((known) => known.test(text))) faults.push(text);
			};
			context.on('weberror', (error) => note(String(error.error())));
			context.on('console', (message) => {
				if (message.type() === 'error') note(`${message.text()} ${message.location().url}`);
			});
			await use();
			expect(faults, 'the console stays silent').toEqual([]);
		},
		{ auto: true }
	]
});

/** Opens a step's form and waits until it stands. */
export async function openForm(page: Page, session: string, cycle: string, step: string): Promise<void> {
	await page.goto(`/decisions/${session}?cycle=${cycle}&step=${step}&view=write`);
	await page.locator('form .body').waitFor();
}
export const save = async (page: Page): Promise<void> => {
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await expect(page.getByText('Saved at')).toBeVisible();
};
/** The status that the rail shows for a step. */
export const railOf = (page: Page, step: string) => page.locator('.steps li').filter({ hasText: step });
