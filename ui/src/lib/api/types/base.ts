/** Names, errors and people that everything else speaks of. */

export type Id = string;
/** ISO-8601, UTC, microseconds. */
export type Time = string;
/** Decimal number written as a string, so that no binary floating point decides a result. */
export type Decimal = string;

export interface ListMeta {
	total?: number | null;
	next_cursor?: string | null;
}
export interface Page<T> {
	data: T[];
	meta: ListMeta;
}
/** One thing wrong with a request; `field` is a JSON pointer into the request body, e.g. `/output/alternatives/0/name`. */
export interface FieldError {
	field: string;
	message: string;
	code: string;
	index?: number | null;
}
export interface ProblemBody {
	type?: string;
	title: string;
	status: number;
	detail?: string;
	code: string;
	errors?: FieldError[];
	request_id?: string;
	/** With `owns_workspaces`: which ones. */
	workspaces?: NamedWorkspace[];
	/** Of a limit: when trying again helps. */
	retry_after_secs?: number;
}
export interface NamedWorkspace {
	id: Id;
	name: string;
	slug: string;
}

export type InstanceRole = 'owner' | 'admin' | 'user';
export interface User {
	id: Id;
	first_name: string;
	last_name: string;
	email: string;
	instance_role: InstanceRole;
}
export interface SignedIn {
	user: User;
	/** The address they have asked for and not confirmed yet. */
	new_email: string | null;
	csrf_token: string;
}
/** A browser in which somebody is signed in. */
export interface OpenSession {
	id: Id;
	current: boolean;
	signed_in_at: Time;
	expires_at: Time;
	user_agent: string | null;
}
