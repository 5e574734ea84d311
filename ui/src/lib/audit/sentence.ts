/** An entry of the audit log as a sentence: what happened, to whom, from what to what. */
import type { AuditEntry, Id } from '$lib/api/types';
import { STEPS } from '$lib/decision/steps';
import { m } from '$lib/paraglide/messages.js';

export type Names = ReadonlyMap<Id, string>;

/** Who did it, in words. */
export function actorOf(entry: AuditEntry, names: Names): string {
	const { actor_id, system_actor } = entry;
	if (actor_id) return names.get(actor_id) ?? m.audit_somebody({ id: short(actor_id) });
	return system_actor ? m.audit_system({ name: system_actor }) : m.audit_nobody();
}

/** The first digits say which, the last ones tell ids of one moment apart. */
export const short = (id: Id) => `${id.slice(0, 4)}…${id.slice(-6)}`;

interface Fields {
	person: string;
	detail: string;
	old: string;
	new: string;
	component: string;
}

const SENTENCES: Record<string, (fields: Fields) => string> = {
	'session.created': m.audit_session_created,
	'session.imported': m.audit_session_imported,
	'session.archived': m.audit_session_archived,
	'session.renamed': m.audit_session_renamed,
	'session.described': m.audit_session_described,
	'session.outcome_recorded': m.audit_session_outcome_recorded,
	'session.exported': m.audit_session_exported,
	'share_link.created': m.audit_share_link_created,
	'share_link.revoked': m.audit_share_link_revoked,
	'share_link.used': m.audit_share_link_used,
	'cycle.created': m.audit_cycle_created,
	'cycle.branched': m.audit_cycle_branched,
	'cycle.archived': m.audit_cycle_archived,
	'cycle.completed': m.audit_cycle_completed,
	'component.started': m.audit_component_started,
	'component.output_updated': m.audit_component_output_updated,
	'component.completed': m.audit_component_completed,
	'component.marked_for_revision': m.audit_component_marked_for_revision,
	'identity.user_registered': m.audit_user_registered,
	'identity.user_confirmed': m.audit_user_confirmed,
	'identity.user_logged_in': m.audit_user_logged_in,
	'identity.user_logged_out': m.audit_user_logged_out,
	'identity.user_password_changed': m.audit_user_password_changed,
	'identity.user_email_changed': m.audit_user_email_changed,
	'identity.user_updated': m.audit_user_updated,
	'identity.user_suspended': m.audit_user_suspended,
	'identity.user_reactivated': m.audit_user_reactivated,
	'identity.user_tier_changed': m.audit_user_tier_changed,
	'identity.user_deleted': m.audit_user_deleted,
	'identity.external_identity_linked': m.audit_external_identity_linked,
	'identity.external_identity_unlinked': m.audit_external_identity_unlinked,
	'identity.instance_settings_changed': m.audit_instance_settings_changed,
	'identity.workspace_created': m.audit_workspace_created,
	'identity.workspace_updated': m.audit_workspace_updated,
	'identity.workspace_archived': m.audit_workspace_archived,
	'identity.workspace_restored': m.audit_workspace_restored,
	'identity.workspace_deleted': m.audit_workspace_deleted,
	'identity.member_invited': m.audit_member_invited,
	'identity.member_joined': m.audit_member_joined,
	'identity.member_removed': m.audit_member_removed,
	'identity.member_role_changed': m.audit_member_role_changed,
	'identity.ownership_transferred': m.audit_ownership_transferred,
	'identity.invitation_declined': m.audit_invitation_declined,
	'identity.invitation_revoked': m.audit_invitation_revoked,
	'identity.invitation_expired': m.audit_invitation_expired,
	'identity.api_key_created': m.audit_api_key_created,
	'identity.api_key_updated': m.audit_api_key_updated,
	'identity.api_key_revoked': m.audit_api_key_revoked,
	'sign_in.failed': m.audit_sign_in_failed,
	'access.denied': m.audit_access_denied,
	'rate_limit.surged': m.audit_rate_limit_surged,
	'dead_letter.redelivered': m.audit_dead_letter_redelivered,
	'dead_letter.skipped': m.audit_dead_letter_skipped
};

/** A kind without words, of a later version, is shown by its name. */
export function sentence(entry: AuditEntry, names: Names): string {
	const person = entry.person_id ? (names.get(entry.person_id) ?? m.audit_somebody({ id: short(entry.person_id) })) : m.audit_nobody();
	const detail = entry.detail ?? '';
	const fields: Fields = {
		person,
		detail,
		old: entry.old ?? '–',
		new: entry.new ?? '–',
		component: STEPS.find(({ type }) => type === detail)?.name() ?? detail
	};
	const words = SENTENCES[entry.kind]?.(fields) ?? entry.kind;
	return entry.times > 1 ? m.audit_times({ sentence: words, count: entry.times }) : words;
}
