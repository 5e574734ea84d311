/** A sign-in provider elsewhere, as a process of its own: the one that the server's own tests sign in with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const SCRIPT = resolve('../crates/testkit/src/services/oidc.mjs');
const LIBRARY = resolve('node_modules/oidc-provider/lib/index.js');
const START_MS = 30_000;
export const CLIENT = { client_id: 'althing', client_secret: 'a secret that only journeys know' };

/** Somebody with an account there; `sub` is what they log in with. */
export interface Elsewhere {
	sub: string;
	email: string;
	email_verified: boolean;
	given_name: string;
	family_name: string;
	groups: string[];
}

export class Provider {
	issuer = '';
	#process: ChildProcess | null = null;

	/** Starts it; it sends browsers back to `callback`. */
	async start(callback: string, people: Elsewhere[]): Promise<void> {
		const port = await free();
		const told = { port, library: LIBRARY, clients: [{ ...CLIENT, redirect_uris: [callback] }], people };
		const started = spawn(process.execPath, [SCRIPT, JSON.stringify(told)], { stdio: ['ignore', 'pipe', 'pipe'] });
		this.#process = started;
		let said = '';
		await new Promise<void>((ready, fail) => {
			const late = setTimeout(() => fail(new Error(`The provider did not start within ${START_MS} ms:\n${said}`)), START_MS);
			const hear = (chunk: Buffer) => {
				said += chunk;
				if (!said.includes('listening on')) return;
				clearTimeout(late);
				ready();
			};
			started.stdout!.on('data', hear);
			started.stderr!.on('data', hear);
			started.once('exit', (code) => {
				clearTimeout(late);
				fail(new Error(`The provider ended with ${code}:\n${said}`));
			});
		});
		this.issuer = `http://127.0.0.1:${port}`;
	}

	async stop(): Promise<void> {
		const running = this.#process;
		this.#process = null;
		if (!running || running.exitCode !== null) return;
		const ended = new Promise<void>((done) => running.once('exit', () => done()));
		running.kill('SIGTERM');
		await ended;
	}
}

/** A port on which nobody listens at this moment. */
function free(): Promise<number> {
	return new Promise((found, fail) => {
		const door = createServer();
		door.once('error', fail);
		door.listen(0, '127.0.0.1', () => {
			const address = door.address();
			if (address === null || typeof address === 'string') return fail(new Error('no port'));
			door.close(() => found(address.port));
		});
	});
}
