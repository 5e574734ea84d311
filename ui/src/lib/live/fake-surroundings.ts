/** A browser for tests: sockets that the test opens and closes by hand, and a clock that moves when told. */
import type { Surroundings } from './socket';

export class FakeSocket {
	readyState = 0;
	sent: unknown[] = [];
	onopen: (() => void) | null = null;
	onclose: (() => void) | null = null;
	onmessage: ((event: { data: string }) => void) | null = null;
	send(text: string): void {
		this.sent.push(JSON.parse(text));
	}
	close(): void {
		this.readyState = 3;
	}
	accept(): void {
		this.readyState = 1;
		this.onopen?.();
	}
	drop(): void {
		this.readyState = 3;
		this.onclose?.();
	}
	say(frame: unknown): void {
		this.onmessage?.({ data: JSON.stringify(frame) });
	}
}

export class FakeBrowser {
	sockets: FakeSocket[] = [];
	time = 0;
	#timers = new Map<number, { at: number; run: () => void }>();
	#next = 1;

	readonly around: Surroundings = {
		open: () => {
			const socket = new FakeSocket();
			this.sockets.push(socket);
			return socket as unknown as WebSocket;
		},
		now: () => this.time,
		random: () => 0.5,
		setTimeout: (run, after) => {
			const id = this.#next++;
			this.#timers.set(id, { at: this.time + after, run });
			return id;
		},
		clearTimeout: (timer) => void this.#timers.delete(timer as number)
	};

	get socket(): FakeSocket {
		return this.sockets[this.sockets.length - 1]!;
	}
	/** Moves the clock and runs what falls due, in order. */
	pass(ms: number): void {
		const end = this.time + ms;
		for (;;) {
			const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
			if (!due) break;
			this.#timers.delete(due[0]);
			this.time = due[1].at;
			due[1].run();
		}
		this.time = end;
	}
}
