/** The audit log of a workspace or of the instance, as far as it was asked for. */
import { api, withQuery } from '$lib/api/client';
import type { AuditEntry } from '$lib/api/types';

/** What is looked for; days are those of the reader. */
export interface Search {
	kind: string;
	actor: string;
	from: string;
	until: string;
	id: string;
}
export const NOTHING: Search = { kind: '', actor: '', from: '', until: '', id: '' };

/** The first moment of a day of the reader, as the server wants times; `after` so many days. */
function startOf(day: string, after = 0): string | undefined {
	if (!day) return undefined;
	const [year, month, date] = day.split('-').map(Number);
	return new Date(year!, month! - 1, date! + after).toISOString();
}

export function queryOf(search: Search): Record<string, string | undefined> {
	return {
		kind: search.kind || undefined,
		actor_id: search.actor || undefined,
		from: startOf(search.from),
		until: startOf(search.until, 1),
		id: search.id.trim() || undefined
	};
}

export class AuditLog {
	/** Null until it was read. */
	list = $state.raw<AuditEntry[] | null>(null);
	cursor = $state.raw<string | null>(null);
	/** Counts the questions: an answer to an older one is not shown. */
	#asked = 0;

	constructor(private readonly path: string) {}

	async read(search: Search): Promise<void> {
		const asked = ++this.#asked;
		const page = await api.list<AuditEntry>(this.path, queryOf(search));
		if (asked !== this.#asked) return;
		this.list = page.data;
		this.cursor = page.meta.next_cursor ?? null;
	}

	async more(search: Search): Promise<void> {
		if (!this.cursor) return;
		const asked = this.#asked;
		const page = await api.list<AuditEntry>(this.path, { ...queryOf(search), cursor: this.cursor });
		if (asked !== this.#asked) return;
		this.list = [...(this.list ?? []), ...page.data];
		this.cursor = page.meta.next_cursor ?? null;
	}

	file(search: Search, format: 'csv' | 'jsonl'): string {
		return withQuery(`${this.path}/export`, { ...queryOf(search), format });
	}
}
