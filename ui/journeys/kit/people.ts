/** People of their own beside the owner: each in a browser of their own. */
import type { Browser, Page } from '@playwright/test';
import type { Person, Server } from './server';

/** A page of a browser of its own, where nobody is signed in. */
export async function visitor(browser: Browser, server: Server): Promise<Page> {
	const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', storageState: { cookies: [], origins: [] } });
	return context.newPage();
}

export async function signIn(page: Page, email: string, password: string): Promise<void> {
	await page.goto('/sign-in');
	await page.getByLabel('E-mail').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Somebody with an account, signed in, at their decisions. */
export async function colleague(browser: Browser, server: Server, person: Person): Promise<Page> {
	server.createUser(person);
	const page = await visitor(browser, server);
	await signIn(page, person.email, person.password);
	await page.waitForURL(/\/decisions$/);
	return page;
}

/** Journeys share a server: two people of one first name have two addresses. */
export const somebody = (first_name: string, last_name: string): Person => ({
	first_name,
	last_name,
	email: `${first_name}-${last_name}@example.org`.toLowerCase(),
	password: 'four quiet words here'
});
