/** Workspaces, who belongs to them, and who is invited. */
import type { Id, Time } from './base';

export type Role = 'owner' | 'admin' | 'member' | 'guest';
/** Ownership is transferred, never given. */
export type GivenRole = Exclude<Role, 'owner'>;

export interface Workspace {
	id: Id;
	name: string;
	/** Fixed at creation; addresses are made of it. */
	slug: string;
	description: string | null;
	/** `#rrggbb` */
	color: string | null;
	/** What the person who asks is in it. */
	role: Role;
	is_archived: boolean;
	/** When a deleted workspace goes for good. */
	purge_after: Time | null;
	member_count: number;
	created_at: Time;
}
/** What is told about a workspace when it is made. */
export interface WorkspaceFacts {
	name: string;
	description?: string | null;
	color?: string | null;
}
/** Somebody who belongs to a workspace, or (pending) is invited to. */
export interface Member {
	/** Of the membership, and of the invitation it began with. */
	id: Id;
	user_id: Id | null;
	name: string | null;
	email: string;
	role: Role;
	status: 'accepted' | 'pending';
	invited_by: { id: Id; name: string } | null;
	invited_at: Time | null;
	expires_at: Time | null;
	joined_at: Time | null;
}
/** `link` is there to be copied when the installation sends no mail; it is told only once. */
export interface Invited {
	member: Member;
	link: string | null;
}
/** An invitation to oneself. */
export interface OwnInvitation {
	id: Id;
	workspace_id: Id;
	workspace_name: string;
	inviter_name: string | null;
	role: Role;
	expires_at: Time;
}
/** What the holder of an invitation link may know before they sign in. */
export interface InvitationPreview {
	workspace_name: string;
	inviter_name: string | null;
	email: string;
	role: Role;
	expires_at: Time;
	has_account: boolean;
}
