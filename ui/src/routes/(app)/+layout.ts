import { redirect } from '@sveltejs/kit';
import { Problem } from '$lib/api/client';
import { orErrorPage } from '$lib/api/load';
import { account } from '$lib/frame/account.svelte';

/** Everything in here needs a signed-in person; others are sent to the door and come back afterwards. */
export async function load({ url }) {
	try {
		await account.load();
	} catch (thrown) {
		if (!(thrown instanceof Problem)) throw thrown;
		if (thrown.status !== 401) await orErrorPage(Promise.reject(thrown));
		const methods = await orErrorPage(account.methods());
		if (methods.setup_required) redirect(307, '/setup');
		redirect(307, `/sign-in?return_to=${encodeURIComponent(url.pathname + url.search)}`);
	}
}
