import { api, Problem } from '$lib/api/client';
import type { Session } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';

const LIMIT = 32 * 1024 * 1024;

/** What can be told about a file before the server reads it; null when it may be sent. */
export function refuseDocument(text: string): string | null {
	if (new TextEncoder().encode(text).length > LIMIT) return m.decision_import_too_large();
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return m.decision_import_not_json();
	}
	const { format, format_version } = (document ?? {}) as { format?: unknown; format_version?: unknown };
	if (format !== 'althing.decision') return m.decision_import_other_format();
	if (format_version !== 1) return m.decision_import_other_version({ version: String(format_version) });
	return null;
}

/** Imports an exported decision; it becomes a new one of the importing person. */
export async function importDocument(text: string): Promise<Session> {
	const refusal = refuseDocument(text);
	if (refusal) throw new Problem({ title: refusal, status: 422, code: 'validation_failed' });
	return api.post<Session>('/api/sessions/import', text);
}
