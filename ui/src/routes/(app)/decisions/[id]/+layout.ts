import { api } from '$lib/api/client';
import { orErrorPage } from '$lib/api/load';
import type { Session } from '$lib/api/types';

/** The session that all pages of a decision are about; a missing or foreign one is a 404 page. */
export async function load({ params }) {
	return { session: await orErrorPage(api.get<Session>(`/api/sessions/${encodeURIComponent(params.id)}`)) };
}
