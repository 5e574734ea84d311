/** The real server as a process of its own: a free port on the loopback, a data folder that goes away with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const BINARY = resolve(process.env.ALTHING_BINARY ?? '../target/debug/althing');
const START_MS = 30_000;
const STOP_MS = 20_000;

/** Journeys come from one address and type faster than people do. */
const roomy = {
	ALTHING_LIMITS_REQUESTS_PER_MINUTE: '100000,100000,100000',
	ALTHING_LIMITS_SESSION_OPERATIONS_PER_HOUR: '100000,100000,100000',
	ALTHING_LIMITS_MESSAGES_PER_MINUTE: '100000,100000,100000',
	ALTHING_LIMITS_EXPORTS_PER_HOUR: '100000,100000,100000',
	ALTHING_LIMITS_LIVE_CONNECTIONS: '1000,1000,1000',
	ALTHING_LIMITS_INSTANCE_REQUESTS_PER_MINUTE: '100000',
	ALTHING_LIMITS_ADDRESS_REQUESTS_PER_MINUTE: '100000',
	ALTHING_LIMITS_SIGN_IN_ATTEMPTS_PER_HOUR: '100000'
};

/** The server refuses settings it does not know, and ours are not for it. */
const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ALTHING_'));
const environment = { ...Object.fromEntries(own), ...roomy };

export interface Person {
	first_name: string;
	last_name: string;
	email: string;
	password: string;
}

export class Server {
	readonly data = mkdtempSync(join(tmpdir(), 'althing-journey-'));
	#process: ChildProcess | null = null;
	#address = '';
	#said = '';

	get url(): string {
		return this.#address;
	}

	/** Starts it; after a stop at the same address as before. */
	async start(): Promise<void> {
		const listen = this.#address ? new URL(this.#address).host : '127.0.0.1:0';
		const started = spawn(BINARY, ['serve', '--data', this.data, '--listen', listen], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
		this.#process = started;
		this.#said = '';
		await new Promise<void>((ready, fail) => {
			const late = setTimeout(() => fail(new Error(`The server did not start within ${START_MS} ms:\n${this.#said}`)), START_MS);
			const hear = (chunk: Buffer) => {
				this.#said = (this.#said + chunk).slice(-20_000);
				const found = this.#said.match(/ready on (http:\/\/[\d.]+:\d+)/);
				if (!found) return;
				this.#address = found[1]!;
				clearTimeout(late);
				ready();
			};
			started.stdout!.on('data', hear);
			started.stderr!.on('data', hear);
			started.once('exit', (code) => {
				clearTimeout(late);
				fail(new Error(`The server ended with ${code}:\n${this.#said}`));
			});
		});
	}

	/** Asks it to end, and insists after a while. */
	async stop(): Promise<void> {
		const running = this.#process;
		this.#process = null;
		if (!running || running.exitCode !== null) return;
		const ended = new Promise<void>((done) => running.once('exit', () => done()));
		running.kill('SIGTERM');
		const insist = setTimeout(() => running.kill('SIGKILL'), STOP_MS);
		await ended;
		clearTimeout(insist);
	}

	async remove(): Promise<void> {
		await this.stop();
		rmSync(this.data, { recursive: true, force: true });
	}

	/** An ordinary account, made on the command line as an operator would. */
	createUser({ email, first_name, last_name, password }: Person): void {
		const names = ['--email', email, '--first-name', first_name, '--last-name', last_name];
		this.#admin(['create-user', ...names, '--password-stdin'], `${password}\n`);
	}

	/** The path of a link by which somebody sets another password. */
	resetLink(email: string): string {
		const { pathname, hash } = new URL(this.#admin(['reset-password', email]).trim());
		return pathname + hash;
	}

	#admin(what: string[], input = ''): string {
		const done = spawnSync(BINARY, ['admin', '--data', this.data, ...what], { env: environment, input, encoding: 'utf8' });
		if (done.status !== 0) throw new Error(`${what[0]} ended with ${done.status}: ${done.stdout}${done.stderr}`);
		return done.stdout;
	}
}
