/** One's own notifications: how many are unread, told by the server as it changes, and the list where it is shown. */
import { api, socketUrl } from '$lib/api/client';
import type { Id, Notification } from '$lib/api/types';
import { ReturningSocket } from '$lib/live/socket';

const LIST = '/api/notifications';

class Notifications {
	unread = $state(0);
	/** Null until the list was read. */
	list = $state.raw<Notification[] | null>(null);
	cursor = $state<string | null>(null);
	#followers = new Set<() => void>();
	#socket: ReturningSocket | null = null;

	/** Follows the server's word; answers how to end that. */
	follow(): () => void {
		const socket = new ReturningSocket(
			socketUrl(`${LIST}/live`),
			{
				opened: () => {},
				message: (frame) => this.#hear(frame),
				status: () => {}
			},
			undefined,
			// The server pings without a frame that a page sees.
			false
		);
		this.#socket = socket;
		socket.connect();
		return () => {
			socket.close();
			this.#socket = null;
			// Whoever signs in next on this page is somebody else.
			this.unread = 0;
			this.list = null;
			this.cursor = null;
		};
	}

	/** The network is back, or somebody looks again. */
	retry(): void {
		this.#socket?.retryNow();
	}

	/** Calls back whenever something changed; answers how to end that. */
	onChange(changed: () => void): () => void {
		this.#followers.add(changed);
		return () => this.#followers.delete(changed);
	}

	#hear(frame: unknown) {
		const { type, data } = frame as { type?: string; data?: { unread?: number } };
		if (type !== 'notifications') return;
		this.unread = data?.unread ?? 0;
		for (const changed of this.#followers) changed();
	}

	/** The newest ones; as many as are shown already. */
	async read(): Promise<void> {
		const limit = Math.min(100, Math.max(20, this.list?.length ?? 0));
		const page = await api.list<Notification>(LIST, { limit });
		this.list = page.data;
		this.cursor = page.meta.next_cursor ?? null;
	}
	async readMore(): Promise<void> {
		if (!this.cursor) return;
		const page = await api.list<Notification>(LIST, { cursor: this.cursor });
		this.list = [...(this.list ?? []), ...page.data];
		this.cursor = page.meta.next_cursor ?? null;
	}

	async markRead(id: Id): Promise<void> {
		this.#replace(await api.post<Notification>(`${LIST}/${id}/read`));
	}
	async markAllRead(): Promise<void> {
		await api.post(`${LIST}/read-all`);
		await this.read();
	}
	async answer(id: Id, action: 'accept' | 'decline'): Promise<void> {
		this.#replace(await api.post<Notification>(`${LIST}/${id}/actions/${action}`));
	}

	#replace(changed: Notification) {
		this.list = this.list?.map((one) => (one.id === changed.id ? changed : one)) ?? null;
	}
}

export const notifications = new Notifications();
