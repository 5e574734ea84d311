/** Plans in words. */
import type { Membership, Tier } from '$lib/api/types';
import { formatCount } from '$lib/format';
import { m } from '$lib/paraglide/messages.js';

export const TIERS: readonly Tier[] = ['none', 'free', 'monthly', 'annual'];

const NAMES: Record<Tier, () => string> = {
	none: m.account_tier_none,
	free: m.account_tier_free,
	monthly: m.account_tier_monthly,
	annual: m.account_tier_annual
};
export const tierName = (tier: Tier) => NAMES[tier]();

export interface Line {
	label: string;
	value: string;
	/** How full it is, from 0 to 1; absent where nothing is counted. */
	share?: number;
}

/** "3 of 10", or "3, as many as you like". */
function counted(label: string, used: number, most: number | null): Line {
	if (most === null) return { label, value: m.account_plan_used({ used: formatCount(used) }) };
	const value = m.account_plan_used_of({ used: formatCount(used), most: formatCount(most) });
	return { label, value, share: most === 0 ? 1 : Math.min(1, used / most) };
}

const most = (count: number | null) => (count === null ? m.account_plan_unlimited() : m.account_plan_at_most({ most: formatCount(count) }));
const included = (is: boolean) => (is ? m.account_plan_included() : m.account_plan_not_included());

/** Every row of a plan, with what is used of it. */
export function linesOf({ limits, usage }: Membership): Line[] {
	const analysis = { none: m.account_plan_not_included, basic: m.account_plan_basic, full: m.account_plan_full }[limits.tradeoff_analysis];
	return [
		counted(m.account_plan_sessions(), usage.active_sessions, limits.active_sessions),
		counted(m.account_plan_archived(), usage.archived_sessions, limits.archived_sessions),
		counted(m.account_plan_messages(), usage.ai_messages_today, limits.ai_messages_per_day),
		{ label: m.account_plan_cycles(), value: most(limits.cycles_per_session) },
		{
			label: m.account_plan_history(),
			value: limits.history_days === null ? m.account_plan_for_ever() : m.account_plan_days({ days: formatCount(limits.history_days) })
		},
		{ label: m.account_plan_analysis(), value: analysis() },
		{ label: m.account_plan_quality(), value: included(limits.decision_quality) },
		{ label: m.account_plan_export(), value: included(limits.export) },
		{ label: m.account_plan_links(), value: included(limits.share_links) },
		{ label: m.account_plan_keys(), value: included(limits.api_keys) }
	];
}

/** The day before the end, which is a midnight, as a date field wants it; and back. */
const DAY_MS = 24 * 60 * 60 * 1000;
export const lastDay = (end: string | null) => (end ? new Date(Date.parse(end) - 1).toISOString().slice(0, 10) : '');
export const endOfDay = (day: string) => (day ? new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString() : null);
