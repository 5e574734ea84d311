import { error } from '@sveltejs/kit';
import { account } from '$lib/frame/account.svelte';
import { m } from '$lib/paraglide/messages.js';

/** For those who run the installation. The server refuses everyone else too. */
export async function load({ parent }) {
	await parent();
	if (!account.isOperator) error(403, { message: m.operate_forbidden(), code: 'forbidden' });
}
