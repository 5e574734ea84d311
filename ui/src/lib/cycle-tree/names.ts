import type { ComponentType } from '$lib/api/types';
import { stepOf } from '$lib/decision/steps';
import { m } from '$lib/paraglide/messages.js';

/** What a cycle is called: its label, or where it came from. */
export function cycleName(cycle: { label: string | null; branchPoint?: ComponentType | null; branch_point?: ComponentType | null }): string {
	if (cycle.label) return cycle.label;
	const from = cycle.branchPoint ?? cycle.branch_point;
	return from ? m.decision_cycle_from({ step: stepOf(from).name() }) : m.decision_cycle_first();
}
