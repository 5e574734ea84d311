/** What somebody is told, and how they want to be told. */
import type { Id, Time } from './base';

export type NotificationKind =
	| 'workspace_invitation'
	| 'workspace_member_joined'
	| 'workspace_member_removed'
	| 'role_changed'
	| 'decision_completed';
export type NotificationChannel = 'off' | 'in_app' | 'mail' | 'digest';
export interface Notification {
	id: Id;
	type: string;
	title: string;
	body: string;
	data: { session_id?: Id; workspace_id?: Id };
	read: boolean;
	read_at: Time | null;
	action: 'accepted' | 'declined' | null;
	action_taken_at: Time | null;
	actionable: boolean;
	ended: string | null;
	inserted_at: Time;
}
export interface NotificationPreferences {
	channels: Record<NotificationKind, NotificationChannel>;
	digest_hour: number;
	time_zone: string;
	mail_is_on: boolean;
}
/** Whether the instance sends mail. */
export interface MailStatus {
	is_on: boolean;
	server: string | null;
	from: string | null;
}
