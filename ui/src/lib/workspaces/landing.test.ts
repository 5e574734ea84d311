import { describe, expect, it } from 'vitest';
import type { InvitationPreview } from '$lib/api/types';
import { wayIn } from './landing.svelte';

const preview = (has_account: boolean): InvitationPreview => ({
	workspace_name: 'Harbour',
	inviter_name: 'Ada Lindqvist',
	email: 'grace@example.org',
	role: 'member',
	expires_at: '2026-12-05T10:00:00.000000Z',
	has_account
});

describe('the way in through an invitation link', () => {
	it('is one click for whom it is meant, without regard to case', () => {
		expect(wayIn(preview(true), { email: 'Grace@Example.org' }, false)).toBe('join');
	});
	it('is closed to whoever else is signed in', () => {
		expect(wayIn(preview(true), { email: 'mary@example.org' }, false)).toBe('other');
		expect(wayIn(preview(false), { email: 'mary@example.org' }, false)).toBe('other');
	});
	it('leads through the sign-in where there is an account, even when no new ones are taken', () => {
		expect([wayIn(preview(true), null, false), wayIn(preview(true), null, true)]).toEqual(['sign-in', 'sign-in']);
	});
	it('begins with an account where there is none', () => {
		expect([wayIn(preview(false), null, false), wayIn(preview(false), null, true)]).toEqual(['register', 'closed']);
	});
});
