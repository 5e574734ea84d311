import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '$lib/api/types';
import { queryOf } from './log.svelte';
import { actorOf, sentence } from './sentence';

const ADA = '0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f01';
const BOB = '0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f02';
const names = new Map([[ADA, 'Ada Lovelace']]);

function entry(of: Partial<AuditEntry>): AuditEntry {
	const nothing = { actor_id: null, system_actor: null, workspace_id: null, session_id: null, cycle_id: null, thing_id: null, person_id: null };
	const rest = { old: null, new: null, detail: null, times: 1, correlation_id: null, api_key_id: null, address_hash: null };
	return { id: BOB, kind: 'session.created', occurred_at: '2026-01-01T00:00:00.000000Z', ...nothing, ...rest, ...of };
}

describe('an entry of the audit log', () => {
	it('names people where they are known, and says which id otherwise', () => {
		expect(actorOf(entry({ actor_id: ADA }), names)).toBe('Ada Lovelace');
		expect(actorOf(entry({ actor_id: BOB }), names)).toBe('Somebody (0190…4b7f02)');
		expect(actorOf(entry({ system_actor: 'timer' }), names)).toBe('The system (timer)');
		expect(actorOf(entry({}), names)).toBe('Somebody unknown');
	});

	it('says what it was and what it became', () => {
		const completed = entry({ kind: 'component.completed', detail: 'objectives', old: 'in_progress', new: 'complete' });
		expect(sentence(completed, names)).toBe('completed Objectives (in_progress → complete).');
		const raised = entry({ kind: 'identity.member_role_changed', person_id: ADA, old: 'member', new: 'admin' });
		expect(sentence(raised, names)).toBe('changed the role of Ada Lovelace (member → admin).');
	});

	it('says how often, and shows a kind of a later version by its name', () => {
		expect(sentence(entry({ kind: 'sign_in.failed', times: 7 }), names)).toBe('tried to sign in and could not. (7 times)');
		expect(sentence(entry({ kind: 'comet.seen' }), names)).toBe('comet.seen');
	});
});

describe('a search', () => {
	it('asks for whole days of the reader', () => {
		const query = queryOf({ kind: '', actor: ADA, from: '2026-03-01', until: '2026-03-01', id: '  ' });
		expect(query.actor_id).toBe(ADA);
		expect(query.kind).toBeUndefined();
		expect(query.id).toBeUndefined();
		expect(Date.parse(query.until!) - Date.parse(query.from!)).toBe(86_400_000);
	});
});
