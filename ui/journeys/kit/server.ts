/** The real server as a process of its own: a free port on the loopback, a data folder that goes away with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const BINARY = resolve(process.env.ALTHING_BINARY ?? '../target/debug/althing');
const START_MS = 30_000;
const STOP_MS = 20_000;

/** The server refuses settings it does not know, and ours are not for it. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ALTHING_')));

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
	createUser(person: Person): void {
		const made = spawnSync(
			BINARY,
			['admin', '--data', this.data, 'create-user', '--email', person.email, '--first-name', person.first_name, '--last-name', person.last_name, '--password-stdin'],
			{ env: environment, input: `${person.password}\n`, encoding: 'utf8' }
		);
		if (made.status !== 0) throw new Error(`create-user ended with ${made.status}: ${made.stdout}${made.stderr}`);
	}
}
