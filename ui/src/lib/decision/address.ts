/** Addresses within a decision: which cycle, which step, which of its views. */
import type { ComponentType, Id } from '$lib/api/types';

export const VIEWS = ['talk', 'write', 'picture'] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
	cycle?: Id | null;
	step?: ComponentType | string | null;
	view?: View | null;
}

export function decisionHref(id: Id, place: Place = {}): string {
	const query = new URLSearchParams();
	if (place.cycle) query.set('cycle', place.cycle);
	if (place.step) query.set('step', place.step);
	if (place.view) query.set('view', place.view);
	const text = query.toString();
	return `/decisions/${id}${text ? `?${text}` : ''}`;
}
export function documentHref(id: Id, cycle?: Id | null): string {
	return `/decisions/${id}/document${cycle ? `?cycle=${cycle}` : ''}`;
}
export function compareHref(id: Id, cycles: readonly Id[]): string {
	return `/decisions/${id}/compare?cycles=${cycles.join(',')}`;
}
