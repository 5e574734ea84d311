/** The live channel of one session: connects, catches up after an absence, answers pings, and hands every frame on. */
import type { LiveFrame } from '$lib/api/types';
import { browserSurroundings, ReturningSocket, type SocketStatus, type Surroundings } from './socket';

/** After a shorter absence the server still has the frames; after a longer one its state is asked for. */
const SHORT_ABSENCE_MS = 30_000;

export interface ChannelOptions {
	url: string;
	/** The number of the last frame taken; null if none. */
	lastSeq: () => number | null;
	onFrame: (frame: LiveFrame) => void;
	onStatus: (status: SocketStatus) => void;
	around?: Surroundings;
}

export class LiveChannel {
	readonly #socket: ReturningSocket;
	#awayMs: number | null = null;

	constructor(private readonly options: ChannelOptions) {
		this.#socket = new ReturningSocket(
			options.url,
			{
				opened: (awayMs) => (this.#awayMs = awayMs),
				message: (frame) => this.#take(frame),
				status: options.onStatus
			},
			options.around ?? browserSurroundings
		);
	}

	connect(): void {
		this.#socket.connect();
	}
	retryNow(): void {
		this.#socket.retryNow();
	}
	close(): void {
		this.#socket.close();
	}
	/** Frames are missing: the server answers with its whole state. */
	requestState(): void {
		this.#socket.send({ type: 'request.state', data: {} });
	}

	#take(value: unknown): void {
		if (!isFrame(value)) return;
		if (value.type === 'ping') {
			this.#socket.send({ type: 'pong', data: { timestamp: value.data['timestamp'] ?? null } });
			return;
		}
		if (value.type === 'connected') this.#catchUp();
		this.options.onFrame(value);
	}

	#catchUp(): void {
		const away = this.#awayMs;
		this.#awayMs = null;
		if (away === null) return;
		const lastSeq = this.options.lastSeq();
		if (lastSeq !== null && away < SHORT_ABSENCE_MS) this.#socket.send({ type: 'resume', data: { lastSeq } });
		else this.requestState();
	}
}

function isFrame(value: unknown): value is LiveFrame {
	const frame = value as Partial<LiveFrame> | null;
	return typeof frame?.type === 'string' && typeof frame.seq === 'number' && typeof frame.data === 'object' && frame.data !== null;
}
