/** One step's conversation as the page shows it: messages, the reply being written, the draft, and what can be done with them. */
import { api, asProblem, Problem, socketUrl } from '$lib/api/client';
import { newId } from '$lib/api/id';
import type { Component, Conversation, Draft, DraftChoice, DraftItem, Extraction, Id, Message, Turn } from '$lib/api/types';
import type { Decision } from '$lib/decision/decision.svelte';
import { m } from '$lib/paraglide/messages.js';
import { ReplyStream } from './stream';

/** The conversation is made a moment after its step has started. */
const FIRST_LOOK_TRIES = 8;
const FIRST_LOOK_WAIT_MS = 250;

export interface Confirmation {
	items: DraftItem[];
	version: number;
}

export class TalkSession {
	conversation = $state.raw<Conversation | null>(null);
	/** Written here and not yet in the conversation that was read. */
	sending = $state.raw<{ messageId: Id; content: string } | null>(null);
	/** The reply as far as it has come. */
	replying = $state<string | null>(null);
	problem = $state.raw<Problem | null>(null);
	/** A message that is stored and whose reply failed; asking again may help. */
	retryable = $state.raw<{ messageId: Id; content: string } | null>(null);
	/** A message that did not get through; its text goes back to where it was typed. Sent unchanged it keeps its id. */
	returned = $state.raw<{ messageId: Id; content: string } | null>(null);
	busy = $state<'extract' | 'regenerate' | 'confirm' | 'dismiss' | null>(null);
	confirmed = $state.raw<Confirmation | null>(null);

	readonly #stream: ReplyStream;
	#closed = false;
	#leave: (() => void) | null = null;
	#reading: Promise<void> | null = null;
	#again = false;

	constructor(
		private readonly decision: Decision,
		readonly componentId: Id
	) {
		this.#stream = new ReplyStream(socketUrl(`/api/components/${componentId}/stream`), {
			text: (_, text) => (this.replying = text),
			complete: (_, text) => void this.#finished(text),
			failed: (messageId, failure) => void this.#failed(messageId, failure),
			extracted: () => void this.load(),
			unreachable: (messageId, content) => void this.#overHttp(messageId, content)
		});
	}

	get draft(): Draft | null {
		return this.conversation?.draft?.items.length ? this.conversation.draft : null;
	}
	get isWriting(): boolean {
		return this.sending !== null;
	}
	get messages(): Message[] {
		return this.conversation?.messages ?? [];
	}
	get #path(): string {
		return `/api/components/${this.componentId}`;
	}

	async open(): Promise<void> {
		for (let attempt = 0; attempt < FIRST_LOOK_TRIES && !this.#closed; attempt++) {
			try {
				await this.load();
				const id = this.conversation?.id;
				if (id && !this.#closed) this.#leave ??= this.decision.onConversation(id, () => void this.load());
				return;
			} catch (thrown) {
				const problem = asProblem(thrown, m.frame_error_unexpected());
				if (problem.code !== 'conversation_not_found') {
					this.problem = problem;
					return;
				}
			}
			await new Promise((done) => setTimeout(done, FIRST_LOOK_WAIT_MS * (attempt + 1)));
		}
		if (!this.#closed) this.problem = new Problem({ title: m.talk_not_ready(), status: 404, code: 'conversation_not_found' });
	}
	close(): void {
		this.#closed = true;
		this.#leave?.();
		this.#stream.close();
	}

	/** A step opened for revision reopens its conversation a moment later. */
	async reopen(): Promise<void> {
		for (let attempt = 0; attempt < FIRST_LOOK_TRIES && !this.#closed; attempt++) {
			await this.load();
			if (this.conversation?.state !== 'complete') return;
			await new Promise((done) => setTimeout(done, FIRST_LOOK_WAIT_MS * (attempt + 1)));
		}
	}

	/** Reads the conversation anew; calls that come meanwhile are answered by one more reading. */
	async load(): Promise<void> {
		if (this.#reading) {
			this.#again = true;
			return this.#reading;
		}
		this.#reading = (async () => {
			do {
				this.#again = false;
				const conversation = await api.get<Conversation>(`${this.#path}/conversation`);
				if (this.#closed) return;
				this.conversation = conversation;
			} while (this.#again);
		})();
		try {
			await this.#reading;
		} finally {
			this.#reading = null;
		}
	}

	/** Sends what was typed. The reply arrives over the stream, or over HTTP when there is none. */
	send(content: string, knownId?: Id): void {
		if (this.sending) return;
		const messageId = knownId ?? (this.returned?.content === content ? this.returned.messageId : newId());
		this.returned = null;
		this.problem = null;
		this.retryable = null;
		this.confirmed = null;
		this.sending = { messageId, content };
		this.replying = '';
		this.#stream.send(messageId, content);
	}
	retry(): void {
		const again = this.retryable;
		if (again) this.send(again.content, again.messageId);
	}
	cancel(): void {
		this.#stream.cancel();
	}

	async #finished(text: string): Promise<void> {
		this.replying = text;
		await this.#settle();
	}
	async #failed(messageId: Id, failure: { code: string; text: string; recoverable: boolean }): Promise<void> {
		const content = this.sending?.content ?? '';
		if (failure.code !== 'cancelled') {
			this.problem = new Problem({ title: failure.text, status: 502, code: failure.code });
			if (failure.recoverable) this.retryable = { messageId, content };
		}
		await this.#settle();
	}
	async #overHttp(messageId: Id, content: string): Promise<void> {
		try {
			await api.post<Turn>(`${this.#path}/messages`, { content, message_id: messageId }, { idempotencyKey: messageId });
		} catch (thrown) {
			const problem = asProblem(thrown, m.frame_error_unexpected());
			await this.#settle();
			this.problem = problem;
			this.returned = { messageId, content };
			return;
		}
		await this.#settle();
	}
	/** Shows the stored messages in place of the ones on their way. */
	async #settle(): Promise<void> {
		try {
			await this.load();
		} catch (thrown) {
			this.problem ??= asProblem(thrown, m.frame_error_unexpected());
		} finally {
			this.sending = null;
			this.replying = null;
		}
	}

	async #act(busy: NonNullable<TalkSession['busy']>, run: () => Promise<void>): Promise<void> {
		this.busy = busy;
		this.problem = null;
		try {
			await run();
		} catch (thrown) {
			this.problem = asProblem(thrown, m.frame_error_unexpected());
		} finally {
			this.busy = null;
		}
	}
	/** "That is all": turns what was said into the draft. */
	extract(): Promise<void> {
		return this.#act('extract', async () => {
			await api.post<Extraction>(`${this.#path}/extract`);
			await this.load();
		});
	}
	regenerate(): Promise<void> {
		return this.#act('regenerate', async () => {
			await api.post<Turn>(`${this.#path}/regenerate`);
			await this.load();
		});
	}
	/** The one act that makes drafted items count. `edited` holds the values that were changed before. */
	confirm(items: DraftItem[], edited: ReadonlyMap<Id, unknown>, expectedVersion: number): Promise<void> {
		return this.#act('confirm', async () => {
			const choices: DraftChoice[] = items.map((item) => (edited.has(item.id) ? { id: item.id, value: edited.get(item.id) } : item.id));
			try {
				const component = await api.post<Component>(`${this.#path}/draft/confirm`, { items: choices, expected_version: expectedVersion });
				this.confirmed = { items, version: component.version };
				this.decision.confirmed(component);
			} catch (thrown) {
				if (thrown instanceof Problem && thrown.code === 'concurrency_conflict') this.decision.refresh();
				throw thrown;
			}
			await this.load();
		});
	}
	dismiss(): Promise<void> {
		return this.#act('dismiss', async () => {
			await api.post(`${this.#path}/draft/dismiss`);
			await this.load();
		});
	}
}
