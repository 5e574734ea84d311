import { orErrorPage } from '$lib/api/load';
import { workspaces } from '$lib/api/workspaces';
import { WORKSPACE } from '$lib/workspaces/own.svelte';

/** One workspace and what the person is in it. */
export async function load({ params, parent, depends }) {
	depends(WORKSPACE);
	await parent();
	return { workspace: await orErrorPage(workspaces.get(params.slug)) };
}
