/** The workspaces one belongs to and the invitations one has, for the switcher and whoever else shows them. */
import { invalidate } from '$app/navigation';
import { asProblem, type Problem } from '$lib/api/client';
import type { OwnInvitation, Workspace } from '$lib/api/types';
import { invitations, workspaces } from '$lib/api/workspaces';
import { m } from '$lib/paraglide/messages.js';

/** What pages that show one workspace depend on. */
export const WORKSPACE = 'althing:workspace';

class Own {
	/** Null until they were read. */
	workspaces = $state.raw<Workspace[] | null>(null);
	invitations = $state.raw<OwnInvitation[]>([]);
	problem = $state.raw<Problem | null>(null);
	#reading = 0;

	async read(): Promise<void> {
		const reading = ++this.#reading;
		try {
			const [list, invited] = await Promise.all([workspaces.list(), invitations.list()]);
			// An answer that was overtaken must not hide what came later.
			if (reading !== this.#reading) return;
			this.workspaces = list;
			this.invitations = invited;
			this.problem = null;
		} catch (thrown) {
			if (reading === this.#reading) this.problem = asProblem(thrown, m.workspace_unread());
		}
	}

	/** Something was changed: reads again what is shown of it, here and on the page. */
	async changed(): Promise<void> {
		await Promise.all([this.read(), invalidate(WORKSPACE)]);
	}

	/** Somebody else signs in next. */
	forget(): void {
		this.#reading += 1;
		this.workspaces = null;
		this.invitations = [];
		this.problem = null;
	}
}

export const own = new Own();
