/** A short look at decisions in a list. Rows ask as they come into sight; four answers are fetched at a time. */
import { api } from '$lib/api/client';
import type { Overview, Session } from '$lib/api/types';

const AT_ONCE = 4;
let running = 0;
const waiting: (() => void)[] = [];
/** By session and its last change, so that an unchanged decision is not asked for again. */
const known = new Map<string, Promise<Overview>>();

export function glimpse(session: Session): Promise<Overview> {
	const key = `${session.id} ${session.updated_at}`;
	const found = known.get(key);
	if (found) return found;
	const asked = queue(() => api.get<Overview>(`/api/sessions/${session.id}/dashboard`));
	known.set(key, asked);
	asked.catch(() => known.delete(key));
	return asked;
}

async function queue<T>(run: () => Promise<T>): Promise<T> {
	if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
	running += 1;
	try {
		return await run();
	} finally {
		running -= 1;
		waiting.shift()?.();
	}
}
