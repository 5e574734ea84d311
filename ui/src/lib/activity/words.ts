import { m } from '$lib/paraglide/messages.js';

/** Event types in words; a type without words is shown by its name. */
const WORDS: Record<string, () => string> = {
	'session.created': m.operate_event_session_created,
	'session.archived': m.operate_event_session_archived,
	'session.renamed': m.operate_event_session_renamed,
	'session.described': m.operate_event_session_described,
	'session.outcome_recorded': m.operate_event_session_outcome_recorded,
	'share_link.created': m.operate_event_share_link_created,
	'share_link.revoked': m.operate_event_share_link_revoked,
	'cycle.created': m.operate_event_cycle_created,
	'cycle.branched': m.operate_event_cycle_branched,
	'cycle.navigated': m.operate_event_cycle_navigated,
	'cycle.archived': m.operate_event_cycle_archived,
	'cycle.completed': m.operate_event_cycle_completed,
	'component.started': m.operate_event_component_started,
	'component.output_updated': m.operate_event_component_output_updated,
	'component.completed': m.operate_event_component_completed,
	'component.marked_for_revision': m.operate_event_component_marked_for_revision,
	'conversation.started': m.operate_event_conversation_started,
	'message.sent': m.operate_event_message_sent,
	'conversation.data_extracted': m.operate_event_conversation_data_extracted,
	'conversation.completed': m.operate_event_conversation_completed,
	'pugh_scores.computed': m.operate_event_pugh_scores_computed,
	'tradeoffs.analyzed': m.operate_event_tradeoffs_analyzed,
	'dq_scores.computed': m.operate_event_dq_scores_computed
};

export function eventWords(type: string): string {
	return WORDS[type]?.() ?? type;
}
