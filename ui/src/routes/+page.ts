import { redirect } from '@sveltejs/kit';

/** The app begins with the list of decisions. */
export function load(): never {
	redirect(307, '/decisions');
}
