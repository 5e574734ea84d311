/**
 * The one door to the HTTP API: unwraps `{data}`, sends the CSRF header and an Idempotency-Key, turns every refusal into a
 * `Problem`, and tells the app when the sign-in has ended.
 */
import { m } from '$lib/paraglide/messages.js';
import { newId } from './id';
import { Problem, readProblem } from './problem';
import type { Page } from './types';

export { Problem, asProblem } from './problem';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export interface RequestOptions {
	signal?: AbortSignal;
	/** Repeating a POST with the same key never acts twice; made here when absent. */
	idempotencyKey?: string;
	/** 401 is an ordinary answer for this call (sign-in, "who am I"), not the end of the sign-in. */
	expects401?: boolean;
}

let csrfToken: string | null = null;
let whenSignedOut: () => void = () => {};

/** Remembers the token that every changing request must carry. */
export function setCsrfToken(token: string | null): void {
	csrfToken = token;
}
/** Says what to do when a request finds that the sign-in has ended. */
export function onSignedOut(handler: () => void): void {
	whenSignedOut = handler;
}

async function send(method: Method, path: string, body: unknown, options: RequestOptions): Promise<Response> {
	const headers: Record<string, string> = { accept: 'application/json' };
	if (method !== 'GET') {
		if (csrfToken) headers['x-csrf-token'] = csrfToken;
		if (method === 'POST') headers['idempotency-key'] = options.idempotencyKey ?? newId();
		if (body !== undefined) headers['content-type'] = 'application/json';
	}
	let response: Response;
	try {
		response = await fetch(path, {
			method,
			headers,
			credentials: 'same-origin',
			signal: options.signal,
			body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
		});
	} catch (thrown) {
		if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
		throw new Problem({ title: m.frame_error_offline(), status: 0, code: 'offline' });
	}
	if (response.ok) return response;
	const problem = await readProblem(response, m.frame_error_unexpected());
	if (problem.status === 401 && !options.expects401) whenSignedOut();
	throw problem;
}

async function one<T>(method: Method, path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
	const response = await send(method, path, body, options);
	if (response.status === 204) return undefined as T;
	return ((await response.json()) as { data: T }).data;
}

export const api = {
	get: <T>(path: string, options?: RequestOptions) => one<T>('GET', path, undefined, options),
	/** A string body is sent as it is (an exported JSON document); anything else is serialised. */
	post: <T = void>(path: string, body?: unknown, options?: RequestOptions) => one<T>('POST', path, body ?? {}, options),
	put: <T>(path: string, body: unknown, options?: RequestOptions) => one<T>('PUT', path, body, options),
	patch: <T>(path: string, body: unknown, options?: RequestOptions) => one<T>('PATCH', path, body, options),
	delete: <T = void>(path: string, body?: unknown, options?: RequestOptions) => one<T>('DELETE', path, body, options),
	/** A list with its paging information. */
	async list<T>(path: string, query: Record<string, string | number | undefined> = {}, options: RequestOptions = {}): Promise<Page<T>> {
		const response = await send('GET', withQuery(path, query), undefined, options);
		const page = (await response.json()) as Partial<Page<T>>;
		return { data: page.data ?? [], meta: page.meta ?? {} };
	},
	/** All pages of a list, one after the other. */
	async all<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T[]> {
		const found: T[] = [];
		let cursor: string | undefined;
		do {
			const page = await api.list<T>(path, { limit: 100, ...query, cursor });
			found.push(...page.data);
			cursor = page.meta.next_cursor ?? undefined;
		} while (cursor);
		return found;
	}
};

/** Appends the defined values as a query string. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
	const parameters = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined && value !== '') parameters.set(name, String(value));
	}
	const text = parameters.toString();
	return text ? `${path}?${text}` : path;
}

/** Address of a socket on this server. */
export function socketUrl(path: string): string {
	return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`;
}
