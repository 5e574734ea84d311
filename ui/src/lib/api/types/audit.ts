/** What happened, as the audit log keeps it: a code with ids and words of lists. */
import type { Id, Time } from './base';

export interface AuditEntry {
	id: Id;
	kind: string;
	occurred_at: Time;
	/** Null where the system did it, or where it is not known who. */
	actor_id: Id | null;
	system_actor: string | null;
	workspace_id: Id | null;
	session_id: Id | null;
	cycle_id: Id | null;
	thing_id: Id | null;
	/** Whom it concerns. */
	person_id: Id | null;
	old: string | null;
	new: string | null;
	detail: string | null;
	/** How often the same happened within a while. */
	times: number;
	correlation_id: Id | null;
	api_key_id: Id | null;
	/** Not the address: equal for equal ones. */
	address_hash: string | null;
}
