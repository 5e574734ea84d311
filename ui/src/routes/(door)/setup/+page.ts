import { redirect } from '@sveltejs/kit';
import { account } from '$lib/frame/account.svelte';

/** The first run happens once. */
export async function load() {
	const methods = await account.methods();
	if (!methods.setup_required) redirect(307, '/sign-in');
}
