/**
 * One conversation's stream of replies. The message id is the idempotency key: after a lost connection the same message is sent
 * again, and the server goes on where it was (the text so far comes back as chunk 0).
 */
import type { StreamClientFrame, StreamErrorCode, StreamServerFrame } from '$lib/api/types';
import { browserSurroundings, ReturningSocket, type SocketStatus, type Surroundings } from '$lib/live/socket';

export interface StreamEvents {
	/** The reply so far. */
	text: (messageId: string, text: string) => void;
	complete: (messageId: string, text: string) => void;
	failed: (messageId: string, failure: { code: StreamErrorCode; text: string; recoverable: boolean }) => void;
	/** Something was drawn from the talk into the draft. */
	extracted: () => void;
	/** The socket cannot be had: send this message over HTTP instead. */
	unreachable: (messageId: string, content: string) => void;
	status?: (status: SocketStatus) => void;
}

interface Flight {
	messageId: string;
	content: string;
	text: string;
	nextIndex: number;
	tries: number;
}

/** So many failed attempts to open the socket for one message, then HTTP has to do. */
const TRIES_BEFORE_HTTP = 2;
const PING_MS = 120_000;

export class ReplyStream {
	readonly #socket: ReturningSocket;
	#flight: Flight | null = null;
	#ping: unknown = null;
	/** The last message had to go over HTTP, and no socket has opened since. */
	#cannotBeHad = false;

	constructor(
		url: string,
		private readonly events: StreamEvents,
		private readonly around: Surroundings = browserSurroundings
	) {
		this.#socket = new ReturningSocket(
			url,
			{ opened: () => this.#opened(), message: (frame) => this.#take(frame as StreamServerFrame), status: (status) => this.#status(status) },
			around,
			false
		);
	}

	get isBusy(): boolean {
		return this.#flight !== null;
	}

	/** Opens the connection ahead of the first message, so that the reply can start at once. */
	open(): void {
		if (this.#socket.status === 'closed') this.#socket.connect();
	}

	send(messageId: string, content: string): void {
		const isOpen = this.#socket.status === 'open';
		if (this.#cannotBeHad && !isOpen) {
			// Nobody waits twice for a socket that was just given up; it goes on trying for later messages.
			this.#socket.retryNow();
			this.events.unreachable(messageId, content);
			return;
		}
		this.#flight = { messageId, content, text: '', nextIndex: 0, tries: 0 };
		if (isOpen) this.#transmit();
		else if (this.#socket.status === 'closed') this.#socket.connect();
		else this.#socket.retryNow();
	}

	cancel(): void {
		if (!this.#flight) return;
		const frame: StreamClientFrame = { type: 'cancel_stream', message_id: this.#flight.messageId };
		this.#socket.send(frame);
	}

	close(): void {
		this.around.clearTimeout(this.#ping);
		this.#flight = null;
		this.#socket.close();
	}

	#opened(): void {
		this.#cannotBeHad = false;
		this.#keepAlive();
		if (this.#flight) this.#transmit();
	}

	#transmit(): void {
		const flight = this.#flight;
		if (!flight) return;
		flight.nextIndex = 0;
		const frame: StreamClientFrame = { type: 'send_message', message_id: flight.messageId, content: flight.content };
		this.#socket.send(frame);
	}

	#status(status: SocketStatus): void {
		this.events.status?.(status);
		const flight = this.#flight;
		if (!flight || (status !== 'waiting' && status !== 'gone')) return;
		flight.tries += 1;
		if (flight.tries <= TRIES_BEFORE_HTTP && status === 'waiting') return;
		this.#flight = null;
		this.#cannotBeHad = true;
		this.events.unreachable(flight.messageId, flight.content);
	}

	#keepAlive(): void {
		this.around.clearTimeout(this.#ping);
		this.#ping = this.around.setTimeout(() => {
			if (this.#socket.send({ type: 'ping' } satisfies StreamClientFrame)) this.#keepAlive();
		}, PING_MS);
	}

	#take(frame: StreamServerFrame): void {
		if (frame.type === 'data_extracted') {
			this.events.extracted();
			return;
		}
		const flight = this.#flight;
		if (!flight || !('message_id' in frame) || frame.message_id !== flight.messageId) return;
		if (frame.type === 'stream_chunk') {
			if (frame.index !== 0 && frame.index !== flight.nextIndex) return;
			flight.text = frame.index === 0 ? frame.delta : flight.text + frame.delta;
			flight.nextIndex = frame.index + 1;
			this.events.text(flight.messageId, flight.text);
		} else if (frame.type === 'stream_complete') {
			this.#flight = null;
			this.events.complete(flight.messageId, frame.full_content);
		} else if (frame.type === 'stream_error') {
			this.#flight = null;
			this.events.failed(flight.messageId, { code: frame.error_code, text: frame.error, recoverable: frame.recoverable });
		}
	}
}
