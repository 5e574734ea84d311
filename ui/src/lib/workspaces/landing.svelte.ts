/** Whoever opens an invitation link: what it invites to, who they are, and the way in that fits them. */
import { goto } from '$app/navigation';
import { Attempt } from '$lib/account/attempt.svelte';
import { trimmed, type Person } from '$lib/account/person';
import { Problem } from '$lib/api/client';
import type { InvitationPreview, User, Workspace } from '$lib/api/types';
import { invitations } from '$lib/api/workspaces';
import { account } from '$lib/frame/account.svelte';
import { m } from '$lib/paraglide/messages.js';
import { toasts } from '$lib/ui/toasts.svelte';

/** `other`: somebody is signed in whom it is not for. */
export type Way = 'join' | 'other' | 'sign-in' | 'register' | 'closed';

/** The way in for whoever holds the link. */
export function wayIn(preview: InvitationPreview, user: Pick<User, 'email'> | null, closed: boolean): Way {
	if (user) return user.email.toLowerCase() === preview.email.toLowerCase() ? 'join' : 'other';
	if (preview.has_account) return 'sign-in';
	return closed ? 'closed' : 'register';
}

export class Landing {
	preview = $state.raw<InvitationPreview | null>(null);
	closed = $state(false);
	/** Links for forgotten passwords can be mailed. */
	mail = $state(false);
	/** The link cannot be used: not (any more) valid, or too old. */
	ended = $state<'invalid' | 'expired' | null>(null);
	readonly reading = new Attempt();
	readonly acting = new Attempt();
	readonly #token: string;

	constructor(token: string) {
		this.#token = token;
		if (!token) this.ended = 'invalid';
	}

	get way(): Way | null {
		return this.preview && wayIn(this.preview, account.user, this.closed);
	}

	async read(): Promise<void> {
		if (this.ended) return;
		await this.reading.run(() =>
			this.#unlessEnded(async () => {
				const [preview, methods] = await Promise.all([invitations.preview(this.#token), account.methods(), visitor()]);
				this.closed = methods.registration === 'closed';
				this.mail = methods.mail;
				this.preview = preview;
			})
		);
	}
	join(): Promise<void> {
		return this.acting.run(() => this.#unlessEnded(async () => enter(await invitations.acceptLink(this.#token))));
	}
	async signIn(email: string, password: string): Promise<void> {
		await this.acting.run(async () => void (await account.signIn({ email, password, remember: true })));
		if (!this.acting.problem) await this.join();
	}
	register(person: Person): Promise<void> {
		return this.acting.run(() =>
			this.#unlessEnded(async () => enter(await account.registerInvited({ ...trimmed(person), invitation_token: this.#token })))
		);
	}
	signOut(): Promise<void> {
		return this.acting.run(() => account.signOut());
	}

	/** What the server says of the link itself is no fault of the act, but the end of it. */
	async #unlessEnded(act: () => Promise<void>): Promise<void> {
		try {
			await act();
		} catch (thrown) {
			const code = thrown instanceof Problem ? thrown.code : '';
			if (code === 'invitation_not_found') this.ended = 'invalid';
			else if (code === 'invitation_expired') this.ended = 'expired';
			else if (code === 'registration_closed') this.closed = true;
			else throw thrown;
		}
	}
}

/** Finds out who is signed in; nobody is as good an answer. */
async function visitor(): Promise<void> {
	try {
		await account.load();
	} catch (thrown) {
		if (!(thrown instanceof Problem) || thrown.status !== 401) throw thrown;
	}
}

async function enter({ name, slug }: Workspace): Promise<void> {
	toasts.show(m.workspace_joined_now({ name }), { kind: 'good' });
	await goto(`/w/${slug}`, { replaceState: true });
}
