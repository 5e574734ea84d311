import { orErrorPage } from '$lib/api/load';
import { workspaces } from '$lib/api/workspaces';
import { WORKSPACE } from '$lib/workspaces/own.svelte';

/** One's own workspaces; `?archived` shows those that were put away. */
export async function load({ url, parent, depends }) {
	depends(WORKSPACE);
	const archived = url.searchParams.has('archived');
	await parent();
	return { archived, list: await orErrorPage(workspaces.list(archived)) };
}
