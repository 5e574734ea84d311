/** What a journey needs done before it begins, over HTTP with the browser's own sign-in. */
import { readFileSync } from 'node:fs';
import type { APIRequestContext } from '@playwright/test';
import type { Component, ComponentType, Cycle, Output, Session } from '../../src/lib/api/types';

export const EXAMPLE = readFileSync('static/examples/office.json', 'utf8');

export class Client {
	readonly #request: APIRequestContext;
	#token: string | null = null;
	constructor(request: APIRequestContext) {
		this.#request = request;
	}

	async #send<T>(method: string, path: string, data?: unknown): Promise<T> {
		if (method !== 'GET') this.#token ??= (await this.get<{ csrf_token: string }>('/api/me')).csrf_token;
		const answer = await this.#request.fetch(path, {
			method,
			data: data as object,
			headers: this.#token ? { 'x-csrf-token': this.#token, 'content-type': 'application/json' } : {}
		});
		if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
		return answer.status() === 204 ? (undefined as T) : ((await answer.json()) as { data: T }).data;
	}
	get = <T>(path: string) => this.#send<T>('GET', path);
	post = <T>(path: string, data: unknown = {}) => this.#send<T>('POST', path, data);
	put = <T>(path: string, data: unknown) => this.#send<T>('PUT', path, data);
	patch = <T>(path: string, data: unknown) => this.#send<T>('PATCH', path, data);

	/** The example decision as a new one of this person. */
	example = () => this.post<Session>('/api/sessions/import', EXAMPLE);

	async decision(title: string): Promise<{ session: Session; cycle: Cycle }> {
		const session = await this.post<Session>('/api/sessions', { title });
		const cycle = await this.post<Cycle>(`/api/sessions/${session.id}/cycles`);
		return { session, cycle: await this.cycle(cycle.id) };
	}
	cycle = (id: string) => this.get<Cycle>(`/api/cycles/${id}`);
	component = (cycle: string, type: ComponentType) => this.get<Component>(`/api/cycles/${cycle}/components/${type}`);
	start = (cycle: string, type: ComponentType) => this.post<Component>(`/api/cycles/${cycle}/components/${type}/start`);
	/** Replaces what a component holds, whatever its version is. */
	async save(cycle: string, type: ComponentType, output: Output): Promise<Component> {
		const { version } = await this.component(cycle, type);
		return this.put<Component>(`/api/cycles/${cycle}/components/${type}`, { output, expected_version: version });
	}
}
