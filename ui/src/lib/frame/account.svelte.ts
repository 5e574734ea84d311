/** Who is signed in, and the doors in and out. */
import { api, Problem, setCsrfToken } from '$lib/api/client';
import type { AuthMethods, RegisteredByInvitation, Registration, SignedIn, User, Workspace } from '$lib/api/types';

class Account {
	user = $state<User | null>(null);
	/** The address that was asked for and is not confirmed yet. */
	newEmail = $state<string | null>(null);

	get isOperator(): boolean {
		return this.user?.instance_role === 'owner' || this.user?.instance_role === 'admin';
	}
	get name(): string {
		return this.user ? `${this.user.first_name} ${this.user.last_name}`.trim() : '';
	}
	get initials(): string {
		return this.user ? `${this.user.first_name.charAt(0)}${this.user.last_name.charAt(0)}`.toUpperCase() : '';
	}

	/** Asks the server who this browser is; a 401 Problem means: nobody. */
	async load(): Promise<User> {
		if (this.user) return this.user;
		return this.#entered(await api.get<SignedIn>('/api/me', { expects401: true }));
	}
	async signIn(credentials: { email: string; password: string; remember: boolean }): Promise<User> {
		return this.#entered(await api.post<SignedIn>('/api/auth/login', credentials, { expects401: true }));
	}
	async setUp(owner: { first_name: string; last_name: string; email: string; password: string }): Promise<User> {
		return this.#entered(await api.post<SignedIn>('/api/setup', owner, { expects401: true }));
	}
	/** Asks for an account. It is unconfirmed, and the answer the same whether or not the address is known. */
	async register(person: Registration): Promise<void> {
		await api.post('/api/auth/register', person, { expects401: true });
	}
	/** Asks for a link by mail. The answer is the same whether or not the address has an account. */
	async forgotPassword(email: string): Promise<void> {
		await api.post('/api/auth/password/forgot', { email }, { expects401: true });
	}
	/** Asks for a link that signs in. The answer is the same whether or not the address has an account. */
	async askForLink(email: string): Promise<void> {
		await api.post('/api/auth/magic-link', { email }, { expects401: true });
	}
	/** Signs in by such a link. */
	async redeemLink(token: string, remember: boolean): Promise<User> {
		await this.#known();
		return this.#entered(await api.post<SignedIn>('/api/auth/magic-link/redeem', { token, remember }, { expects401: true }));
	}
	/** Asks for another address; answers whether its link was mailed. A 403 Problem `reauthenticate` means: confirm the present password first. */
	async askForEmail(email: string): Promise<boolean> {
		const asked = await api.put<{ email: string; mailed: boolean }>('/api/me/email', { email });
		this.newEmail = asked.email;
		return asked.mailed;
	}
	/** Takes the address that a link was made for; the account need not be the one that is signed in here. */
	async takeEmail(token: string): Promise<string> {
		await this.#known();
		const { email } = await api.post<{ email: string }>('/api/auth/email/confirm', { token }, { expects401: true });
		// Whoever is signed in here is asked for anew.
		this.user = null;
		return email;
	}
	/** Deletes one's own account for good. */
	async delete(): Promise<void> {
		await api.delete('/api/me');
		this.forget();
	}
	/** Makes the account that an invitation link is meant for, signs in, and joins the workspace. */
	async registerInvited(person: Registration & { invitation_token: string }): Promise<Workspace> {
		const answer = await api.post<RegisteredByInvitation>('/api/auth/register', person, { expects401: true });
		this.#entered(answer);
		return answer.workspace;
	}
	/** Confirms the account of a confirmation link and sets its password. */
	async confirmAccount(token: string, password: string): Promise<User> {
		return this.#entered(await api.post<SignedIn>('/api/auth/confirm', { token, password }, { expects401: true }));
	}
	async rename(names: { first_name: string; last_name: string }): Promise<User> {
		return this.#entered(await api.patch<SignedIn>('/api/me', names));
	}
	/** A 403 Problem `reauthenticate` means: confirm the present password first. */
	async changePassword(wanted: { password: string; confirmation: string }): Promise<User> {
		return this.#entered(await api.put<SignedIn>('/api/me/password', wanted));
	}
	async confirm(password: string): Promise<void> {
		await api.post('/api/auth/reauthenticate', { password });
	}
	async signOut(): Promise<void> {
		await api.post('/api/auth/logout', undefined, { expects401: true });
		this.forget();
	}
	/** Drops what this page knows about the sign-in; the server's side is left alone. */
	forget(): void {
		this.user = null;
		this.newEmail = null;
		setCsrfToken(null);
	}
	async methods(): Promise<AuthMethods> {
		return api.get<AuthMethods>('/api/auth/methods');
	}

	/** A browser that is signed in says so in what it sends, also from pages that are open to everybody. */
	async #known(): Promise<void> {
		try {
			await this.load();
		} catch (thrown) {
			if (!(thrown instanceof Problem && thrown.status === 401)) throw thrown;
		}
	}
	#entered(answer: SignedIn): User {
		setCsrfToken(answer.csrf_token);
		this.user = answer.user;
		this.newEmail = answer.new_email;
		return answer.user;
	}
}

export const account = new Account();

/** Where to go after signing in: a path of this app, never another site. */
export function returnPath(wanted: string | null): string {
	if (!wanted || !wanted.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\')) return '/decisions';
	return /^\/(sign-in|setup|reset|register|confirm|invitation)\b/.test(wanted) ? '/decisions' : wanted;
}
