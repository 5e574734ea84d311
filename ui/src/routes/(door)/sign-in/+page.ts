import { redirect } from '@sveltejs/kit';
import { Problem } from '$lib/api/client';
import { refusalIn } from '$lib/account/sso';
import { account, returnPath } from '$lib/frame/account.svelte';

/** Without an owner there is nobody to sign in yet; whoever is signed in already goes straight on. */
export async function load({ url }) {
	const methods = await account.methods().catch((thrown) => {
		if (thrown instanceof Problem && thrown.isOffline) return null;
		throw thrown;
	});
	if (methods?.setup_required) redirect(307, '/setup');
	const next = returnPath(url.searchParams.get('return_to'));
	if (account.user) redirect(307, next);
	return {
		next,
		refusal: refusalIn(url),
		providers: methods?.providers ?? [],
		canRegister: methods?.registration === 'open',
		mail: methods?.mail ?? false,
		byLink: methods?.methods.includes('link') ?? false
	};
}
