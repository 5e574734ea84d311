/**
 * One act that the server may refuse: whether it is under way, why it was refused, and whether the password has to be asked for first.
 * A component keeps one for each form or button; `Confirming` beside it asks for the password and goes on.
 */
import { asProblem, type Problem } from '$lib/api/client';
import { m } from '$lib/paraglide/messages.js';

export class Attempt {
	busy = $state(false);
	problem = $state.raw<Problem | null>(null);
	/** What is done once the person has confirmed that it is them. */
	waiting = $state.raw<(() => Promise<void>) | null>(null);

	/** Does it, unless it is being done already. */
	async run(act: () => Promise<void>): Promise<void> {
		if (this.busy) return;
		this.busy = true;
		this.problem = null;
		this.waiting = null;
		try {
			await act();
		} catch (thrown) {
			const problem = asProblem(thrown, m.frame_error_unexpected());
			if (problem.code === 'reauthenticate') this.waiting = act;
			else this.problem = problem;
		} finally {
			this.busy = false;
		}
	}

	/** The person thought better of it; nothing was done. */
	giveUp(): void {
		this.waiting = null;
		this.problem = null;
	}
}
