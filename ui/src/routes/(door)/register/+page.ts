import { redirect } from '@sveltejs/kit';
import { orErrorPage } from '$lib/api/load';
import { account } from '$lib/frame/account.svelte';

/** Whoever is signed in has an account already; without an owner there is nothing to register with. */
export async function load() {
	if (account.user) redirect(307, '/decisions');
	const methods = await orErrorPage(account.methods());
	if (methods.setup_required) redirect(307, '/setup');
	return { methods };
}
