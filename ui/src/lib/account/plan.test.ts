import { describe, expect, it } from 'vitest';
import type { Membership } from '$lib/api/types';
import { endOfDay, lastDay, linesOf } from './plan';

const free: Membership = {
	tier: 'free',
	valid_until: null,
	has_ended: false,
	limits: {
		active_sessions: 3,
		cycles_per_session: 2,
		archived_sessions: null,
		history_days: 90,
		ai_messages_per_day: 0,
		model: 'standard',
		tradeoff_analysis: 'basic',
		decision_quality: false,
		export: true,
		share_links: false,
		api_keys: false
	},
	usage: { active_sessions: 2, archived_sessions: 7, ai_messages_today: 0 }
};

describe('a plan in words', () => {
	it('says what is used and what there is', () => {
		const [sessions, archived, messages, cycles, history] = linesOf(free);
		expect(sessions).toMatchObject({ value: '2 of 3', share: 2 / 3 });
		expect(archived).toEqual({ label: 'Archived decisions', value: '7, without a limit' });
		expect(messages!.share).toBe(1);
		expect(cycles!.value).toBe('at most 2');
		expect(history!.value).toBe('90 days back');
	});
	it('lasts until the end of its last day', () => {
		expect(endOfDay('2026-12-31')).toBe('2027-01-01T00:00:00.000Z');
		expect(lastDay('2027-01-01T00:00:00.000000Z')).toBe('2026-12-31');
		expect([endOfDay(''), lastDay(null)]).toEqual([null, '']);
	});
});
