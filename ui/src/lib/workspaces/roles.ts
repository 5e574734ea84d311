/** The roles in a workspace: what they are called, what they allow, and who has them. */
import type { GivenRole, Member, Role, Workspace } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';

export const ROLES: Record<Role, { label: () => string; text: () => string }> = {
	owner: { label: m.workspace_role_owner, text: m.workspace_role_owner_text },
	admin: { label: m.workspace_role_admin, text: m.workspace_role_admin_text },
	member: { label: m.workspace_role_member, text: m.workspace_role_member_text },
	guest: { label: m.workspace_role_guest, text: m.workspace_role_guest_text }
};
export const GIVEN_ROLES: readonly GivenRole[] = ['admin', 'member', 'guest'];

export const isOwner = (workspace: Pick<Workspace, 'role'>) => workspace.role === 'owner';
/** Invites, removes, sets roles, changes name and look. */
export const manages = ({ role }: Pick<Workspace, 'role'>) => role === 'owner' || role === 'admin';

export const joined = (members: readonly Member[]) => members.filter((member) => member.status === 'accepted');
export const pending = (members: readonly Member[]) => members.filter((member) => member.status === 'pending');
/** Whoever may become the owner: joined, and no guest. */
export const heirs = (members: readonly Member[]) => joined(members).filter(({ role }) => role === 'admin' || role === 'member');

/** What somebody is called: their name, or the address while there is none. */
export const nameOf = (member: Pick<Member, 'name' | 'email'>) => member.name?.trim() || member.email;

const list = new Intl.ListFormat(undefined, { type: 'disjunction' });
/** "Ada, Grace or Mary": the people with one of these roles, so that others know whom to ask. */
export function namesOf(members: readonly Member[], roles: readonly Role[]): string {
	return list.format(joined(members).filter(({ role }) => roles.includes(role)).map(nameOf));
}
