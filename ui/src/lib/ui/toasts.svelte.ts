/** Short messages at the edge of the screen: what was done, with a way back where there is one. */
export interface Toast {
	id: number;
	text: string;
	kind: 'info' | 'good' | 'bad';
	action?: { label: string; run: () => void };
}

class Toasts {
	list = $state<Toast[]>([]);
	#next = 1;

	/** Shows a message. Errors and messages with an action stay until dismissed or for twelve seconds, others for five. */
	show(text: string, options: { kind?: Toast['kind']; action?: Toast['action'] } = {}): number {
		const toast: Toast = { id: this.#next++, text, kind: options.kind ?? 'info', action: options.action };
		this.list = [...this.list.slice(-2), toast];
		const stay = toast.action || toast.kind === 'bad' ? 12_000 : 5_000;
		setTimeout(() => this.dismiss(toast.id), stay);
		return toast.id;
	}

	dismiss(id: number): void {
		this.list = this.list.filter((toast) => toast.id !== id);
	}
}

export const toasts = new Toasts();
