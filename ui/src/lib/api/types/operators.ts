/** What operators look after. */
import type { RegistrationMode } from './accounts';
import type { Id, Time } from './base';

export type SubscriptionStatus = 'running' | 'paused' | 'stopped' | 'rebuilding';
export interface Subscription {
	name: string;
	kind: string;
	version: number;
	position: number;
	head: number;
	lag: number;
	/** How long the oldest event beyond the position has waited. */
	lag_seconds: number;
	/** Positions a second over the last minute; null before there are two looks. */
	rate: number | null;
	status: SubscriptionStatus;
	parked_keys: number;
	retries_due: number;
	dead_letters: number;
	last_error: string | null;
	owner: string | null;
	/** Since the owner's newest sign of life; none where one process serves alone. */
	lease_age_ms?: number | null;
}
/** A setting that can be changed while the installation runs, unless its configuration holds it. */
export interface Setting<T> {
	value: T;
	source: 'environment' | 'file' | 'flag' | 'page' | 'default';
	fixed: boolean;
}
export interface InstanceSettings {
	registration_mode: Setting<RegistrationMode>;
	workspace_purge_days: Setting<number>;
}
/** What the process works with. */
export interface Instance {
	store: 'sqlite' | 'postgres';
	place: string;
	store_version: string;
	transport: string;
	version: string;
}
export interface DeadLetter {
	id: Id;
	subscription: string;
	event_id: Id;
	event_type: string;
	position: number;
	key: string;
	error: string;
	attempts: number;
	first_failed_at: Time;
	last_failed_at: Time;
}
export interface CatalogueEntry {
	event_type: string;
	version: number;
	context: string;
	aggregate: string;
	description: string;
	fields: { name: string; type: string; required: boolean; personal: boolean }[];
	consumers: string[];
}
