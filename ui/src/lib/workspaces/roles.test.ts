import { describe, expect, it } from 'vitest';
import type { Member, Role } from '$lib/api/types';
import { heirs, manages, nameOf, namesOf } from './roles';

const member = (name: string | null, role: Role, status: Member['status'] = 'accepted'): Member => ({
	id: `${name}`,
	user_id: null,
	name,
	email: 'someone@example.org',
	role,
	status,
	invited_by: null,
	invited_at: null,
	expires_at: null,
	joined_at: null
});
const members = [member('Ada', 'owner'), member('Grace', 'admin'), member('Mary', 'member'), member('Tim', 'guest'), member('Una', 'admin', 'pending')];

describe('who may do what in a workspace', () => {
	it('is told by name, without those who have not joined yet', () => {
		expect(namesOf(members, ['owner', 'admin'])).toBe('Ada or Grace');
		expect(namesOf(members, ['owner'])).toBe('Ada');
	});
	it('lets owner and admins manage', () => {
		expect((['owner', 'admin', 'member', 'guest'] as const).map((role) => manages({ role }))).toEqual([true, true, false, false]);
	});
	it('lets joined admins and members take it over', () => {
		expect(heirs(members).map(({ name }) => name)).toEqual(['Grace', 'Mary']);
	});
	it('names somebody by their address while they have no name', () => {
		expect([nameOf(member(null, 'member')), nameOf(member('  ', 'member')), nameOf(member('Mary', 'member'))]).toEqual([
			'someone@example.org',
			'someone@example.org',
			'Mary'
		]);
	});
});
