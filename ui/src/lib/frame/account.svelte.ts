/** Who is signed in, and the doors in and out. */
import { api, setCsrfToken } from '$lib/api/client';
import type { AuthMethods, SignedIn, User } from '$lib/api/types';

class Account {
	user = $state<User | null>(null);

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
	async signOut(): Promise<void> {
		await api.post('/api/auth/logout', undefined, { expects401: true });
		this.forget();
	}
	/** Drops what this page knows about the sign-in; the server's side is left alone. */
	forget(): void {
		this.user = null;
		setCsrfToken(null);
	}
	async methods(): Promise<AuthMethods> {
		return api.get<AuthMethods>('/api/auth/methods');
	}

	#entered(answer: SignedIn): User {
		setCsrfToken(answer.csrf_token);
		this.user = answer.user;
		return answer.user;
	}
}

export const account = new Account();

/** Where to go after signing in: a path of this app, never another site. */
export function returnPath(wanted: string | null): string {
	if (!wanted || !wanted.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\')) return '/decisions';
	return /^\/(sign-in|setup)\b/.test(wanted) ? '/decisions' : wanted;
}
