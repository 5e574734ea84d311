import { api } from '$lib/api/client';
import { orErrorPage } from '$lib/api/load';
import type { Session, SessionStatus } from '$lib/api/types';

/** The first page of the list; `?status=archived` shows what was put away. */
export async function load({ url }) {
	const status: SessionStatus = url.searchParams.get('status') === 'archived' ? 'archived' : 'active';
	const page = await orErrorPage(api.list<Session>('/api/sessions', { status, limit: 30 }));
	return { status, first: page };
}
