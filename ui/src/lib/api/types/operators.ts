/** What operators look after. */
import type { Id, Time } from './base';

export type SubscriptionStatus = 'running' | 'paused' | 'stopped' | 'rebuilding';
export interface Subscription {
	name: string;
	kind: string;
	version: number;
	position: number;
	head: number;
	lag: number;
	status: SubscriptionStatus;
	parked_keys: number;
	retries_due: number;
	dead_letters: number;
	last_error: string | null;
	owner: string | null;
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
