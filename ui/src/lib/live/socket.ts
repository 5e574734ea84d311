/**
 * A socket that comes back: reconnects with growing, spread waits, notices silence, and gives up after ten tries until asked again.
 * What is said over it is the business of its two users, the live channel and the conversation stream.
 */
import { MAX_TRIES, reconnectDelay } from './backoff';

export type SocketStatus = 'connecting' | 'open' | 'waiting' | 'gone' | 'closed';

/** The parts of the browser that a test replaces. */
export interface Surroundings {
	open: (url: string) => WebSocket;
	now: () => number;
	random: () => number;
	setTimeout: (run: () => void, after: number) => unknown;
	clearTimeout: (timer: unknown) => void;
}
export const browserSurroundings: Surroundings = {
	open: (url) => new WebSocket(url),
	now: () => Date.now(),
	random: Math.random,
	setTimeout: (run, after) => setTimeout(run, after),
	clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>)
};

export interface SocketEvents {
	/** `awayMs` is how long there was no connection; null on the first one. */
	opened: (awayMs: number | null) => void;
	message: (frame: unknown) => void;
	status: (status: SocketStatus) => void;
}

/** Nothing heard for this long means that the connection is dead, whatever the browser thinks. */
const SILENCE_MS = 60_000;

export class ReturningSocket {
	status: SocketStatus = 'closed';
	tries = 0;
	#socket: WebSocket | null = null;
	#timer: unknown = null;
	#silence: unknown = null;
	#lostAt: number | null = null;

	constructor(
		private readonly url: string,
		private readonly events: SocketEvents,
		private readonly around: Surroundings = browserSurroundings,
		/** The stream may be idle for minutes; only the live channel is pinged by the server. */
		private readonly watchesSilence = true
	) {}

	connect(): void {
		this.#clear();
		this.#set('connecting');
		let socket: WebSocket;
		try {
			socket = this.around.open(this.url);
		} catch {
			this.#lost();
			return;
		}
		this.#socket = socket;
		socket.onopen = () => {
			if (socket !== this.#socket) return;
			this.tries = 0;
			const away = this.#lostAt === null ? null : this.around.now() - this.#lostAt;
			this.#lostAt = null;
			this.#heard();
			this.#set('open');
			this.events.opened(away);
		};
		socket.onmessage = (event) => {
			if (socket !== this.#socket) return;
			this.#heard();
			let frame: unknown;
			try {
				frame = JSON.parse(String(event.data));
			} catch {
				return; // Not one of our frames; the channel knows only JSON.
			}
			this.events.message(frame);
		};
		socket.onclose = () => {
			if (socket === this.#socket) this.#lost();
		};
	}

	/** Whether the frame went out; false while there is no connection. */
	send(frame: unknown): boolean {
		if (this.#socket?.readyState !== 1) return false;
		this.#socket.send(JSON.stringify(frame));
		return true;
	}

	/** Tries at once, e.g. because the network is back or someone pressed the button. */
	retryNow(): void {
		if (this.status !== 'waiting' && this.status !== 'gone') return;
		this.tries = 0;
		this.connect();
	}

	close(): void {
		this.#clear();
		this.#set('closed');
	}

	#lost(): void {
		this.#clear();
		this.#lostAt ??= this.around.now();
		if (this.tries >= MAX_TRIES) {
			this.#set('gone');
			return;
		}
		const wait = reconnectDelay(this.tries, this.around.random);
		this.tries += 1;
		this.#set('waiting');
		this.#timer = this.around.setTimeout(() => this.connect(), wait);
	}

	#heard(): void {
		if (!this.watchesSilence) return;
		this.around.clearTimeout(this.#silence);
		this.#silence = this.around.setTimeout(() => this.#lost(), SILENCE_MS);
	}

	#clear(): void {
		this.around.clearTimeout(this.#timer);
		this.around.clearTimeout(this.#silence);
		const socket = this.#socket;
		this.#socket = null;
		if (socket && socket.readyState <= 1) socket.close();
	}

	#set(status: SocketStatus): void {
		this.status = status;
		this.events.status(status);
	}
}
