/** What the server does for workspaces, their members and invitations. A workspace is named by its slug or id. */
import { api } from './client';
import type { GivenRole, Id, InvitationPreview, Invited, Member, OwnInvitation, Workspace, WorkspaceFacts } from './types';

const at = (workspace: string, rest = '') => `/api/workspaces/${encodeURIComponent(workspace)}${rest}`;

export const workspaces = {
	/** Those one belongs to, newest first. */
	list: async (archived = false) => (await api.list<Workspace>('/api/workspaces', { archived: String(archived) })).data,
	get: (workspace: string) => api.get<Workspace>(at(workspace)),
	/** Repeated with the same key it makes no second one. */
	create: (facts: WorkspaceFacts, idempotencyKey: string) => api.post<Workspace>('/api/workspaces', facts, { idempotencyKey }),
	change: (workspace: string, facts: Partial<WorkspaceFacts>) => api.patch<Workspace>(at(workspace), facts),
	archive: (workspace: string) => api.post<Workspace>(at(workspace, '/archive')),
	restore: (workspace: string) => api.post<Workspace>(at(workspace, '/restore')),
	/** Only an archived one, after a recent sign-in; `confirm` is its slug. It goes for good at `purge_after`. */
	delete: (workspace: string, confirm: string) => api.delete<Workspace>(at(workspace), { confirm }),
	/** After a recent sign-in. */
	transfer: (workspace: string, member: Id) => api.post<Workspace>(at(workspace, '/transfer'), { member_id: member }),
	leave: (workspace: string) => api.post(at(workspace, '/leave'))
};

export const members = {
	/** Those who were invited and have not answered are there for owner and admins only. */
	list: async (workspace: string) => (await api.list<Member>(at(workspace, '/members'))).data,
	invite: (workspace: string, email: string, role: GivenRole) => api.post<Invited>(at(workspace, '/members'), { email, role }),
	changeRole: (workspace: string, member: Id, role: GivenRole) => api.patch<Member>(at(workspace, `/members/${member}`), { role }),
	remove: (workspace: string, member: Id) => api.delete(at(workspace, `/members/${member}`)),
	/** Makes a new link; the old one ends. */
	resend: (workspace: string, invitation: Id) => api.post<Invited>(at(workspace, `/invitations/${invitation}/resend`)),
	revoke: (workspace: string, invitation: Id) => api.post(at(workspace, `/invitations/${invitation}/revoke`))
};

export const invitations = {
	/** Those to oneself that are still open. */
	list: async () => (await api.list<OwnInvitation>('/api/invitations')).data,
	accept: (invitation: OwnInvitation) => api.post<Workspace>(at(invitation.workspace_id, `/invitations/${invitation.id}/accept`)),
	decline: (invitation: OwnInvitation) => api.post(at(invitation.workspace_id, `/invitations/${invitation.id}/decline`)),
	/** What a link invites to; asks for no sign-in. */
	preview: (token: string) => api.post<InvitationPreview>('/api/invitations/preview', { token }),
	acceptLink: (token: string) => api.post<Workspace>('/api/invitations/accept', { token })
};
