/**
 * A decision that somebody sees by a link: the link is exchanged for a cookie, again before that one ends, and what it shows is read
 * whenever the live channel says that something happened. When the link has ended, everything goes.
 */
import { api, asProblem, Problem, socketUrl } from '$lib/api/client';
import type { Analysis, DecisionDocument, Overview, Session, SharePass } from '$lib/api/types';
import { LiveChannel } from '$lib/live/channel';
import { m } from '$lib/paraglide/messages.js';

/** Frames come in bursts; one reading serves them all. */
const GATHER_MS = 150;
/** So long before its end a cookie is exchanged for the next. */
const AHEAD_MS = 5 * 60 * 1000;
const CONTROL = new Set(['connected', 'pong', 'error']);

export class SharedDecision {
	pass = $state.raw<SharePass | null>(null);
	session = $state.raw<Session | null>(null);
	overview = $state.raw<Overview | null>(null);
	analysis = $state.raw<Analysis | null>(null);
	document = $state.raw<DecisionDocument | null>(null);
	/** The link is none, or no longer. */
	isGone = $state(false);
	problem = $state.raw<Problem | null>(null);

	readonly #token: string;
	#channel: LiveChannel | null = null;
	#lastSeq: number | null = null;
	#reading: ReturnType<typeof setTimeout> | undefined;
	#renewing: ReturnType<typeof setTimeout> | undefined;
	#closed = false;

	constructor(token: string) {
		this.#token = token;
		this.isGone = !token;
	}

	async open(): Promise<void> {
		if (this.isGone || !(await this.#exchange())) return;
		await this.#read();
		if (this.#closed || this.isGone || !this.pass) return;
		this.#channel = new LiveChannel({
			url: socketUrl(`/api/sessions/${this.pass.session_id}/live`),
			lastSeq: () => this.#lastSeq,
			onFrame: (frame) => {
				this.#lastSeq = frame.seq;
				if (!CONTROL.has(frame.type)) this.#readSoon();
			},
			// The server ends connections of links that have ended: the exchange tells.
			onStatus: (status) => {
				if (status === 'waiting' || status === 'gone') void this.#exchange();
			}
		});
		this.#channel.connect();
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#reading);
		clearTimeout(this.#renewing);
		this.#channel?.close();
	}

	async #exchange(): Promise<boolean> {
		try {
			const pass = await api.post<SharePass>('/api/share-links/exchange', { token: this.#token }, { expects401: true });
			this.pass = pass;
			this.problem = null;
			clearTimeout(this.#renewing);
			const left = Date.parse(pass.expires_at) - Date.now();
			if (!this.#closed) this.#renewing = setTimeout(() => void this.#exchange(), Math.max(left - AHEAD_MS, left / 2));
			return true;
		} catch (thrown) {
			this.#failed(thrown);
			return false;
		}
	}

	#readSoon(): void {
		clearTimeout(this.#reading);
		if (!this.#closed) this.#reading = setTimeout(() => void this.#read(), GATHER_MS);
	}

	async #read(): Promise<void> {
		const id = this.pass?.session_id;
		if (!id) return;
		const quietly = { expects401: true };
		try {
			const [session, overview] = await Promise.all([
				api.get<Session>(`/api/sessions/${id}`, quietly),
				api.get<Overview>(`/api/sessions/${id}/dashboard`, quietly)
			]);
			const cycle = overview.cycleId;
			const [analysis, document] = cycle
				? await Promise.all([
						api.get<Analysis>(`/api/cycles/${cycle}/analysis`, quietly),
						api.get<DecisionDocument>(`/api/cycles/${cycle}/document`, quietly)
					])
				: [null, null];
			if (this.isGone) return;
			Object.assign(this, { session, overview, analysis, document, problem: null });
		} catch (thrown) {
			this.#failed(thrown);
		}
	}

	#failed(thrown: unknown): void {
		const problem = asProblem(thrown, m.frame_error_unexpected());
		if (problem.status !== 404) {
			this.problem = problem;
			return;
		}
		Object.assign(this, { isGone: true, session: null, overview: null, analysis: null, document: null });
		this.close();
	}
}
