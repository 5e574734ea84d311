/** Talk: conversations, drafts, and the frames of a streamed reply. */
import type { Priority } from './analysis';
import type { Id, Time } from './base';
import type { ComponentType } from './decisions';
import type { AddedBy } from './outputs';

export type Phase = 'intro' | 'gather' | 'clarify' | 'extract' | 'confirm';
export type ConversationState = 'initializing' | 'ready' | 'in_progress' | 'confirmed' | 'complete';
export interface Message {
	id: Id;
	role: 'system' | 'user' | 'assistant';
	content: string;
	created_at: Time;
	author_id: Id | null;
	superseded: boolean;
	incomplete: boolean;
}
export interface DraftItem {
	id: Id;
	op: 'add' | 'set' | 'remove';
	/** JSON pointer into the output; for `add` it ends in `/-`. */
	path: string;
	value: unknown;
	added_by: AddedBy;
	/** One line for people. */
	summary: string;
}
export interface Draft {
	id: Id;
	component_id: Id;
	component_type: ComponentType;
	base_version: number;
	items: DraftItem[];
	updated_at: Time;
}
export interface Conversation {
	id: Id;
	component_id: Id;
	component_type: ComponentType;
	cycle_id: Id;
	session_id: Id;
	state: ConversationState;
	phase: Phase;
	pending_questions: string[];
	awaiting_confirmation: boolean;
	ready: boolean;
	message_count: number;
	/** The last 100, oldest first. */
	messages: Message[];
	draft: Draft | null;
	inherited_conversation_id: Id | null;
	/** Which adapter answers; `off` means that messages are kept and nobody replies. */
	adapter: string;
}
export interface Turn {
	message: Message;
	reply: Message | null;
	draft: Draft | null;
	phase: Phase;
	state: ConversationState;
}
export interface Extraction {
	draft: Draft | null;
	phase: Phase;
	state: ConversationState;
	reply: Message | null;
}
export type DraftChoice = Id | { id: Id; value: unknown };

export type StreamErrorCode =
	| 'rate_limited'
	| 'context_too_long'
	| 'content_filtered'
	| 'provider_error'
	| 'cancelled'
	| 'timeout'
	| 'internal_error';
export type StreamServerFrame =
	| { type: 'stream_chunk'; message_id: Id; index: number; delta: string; is_final: boolean }
	| {
			type: 'stream_complete';
			message_id: Id;
			full_content: string;
			usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number; estimated_cost_cents: number };
			phase_transition?: { from: Phase; to: Phase } | null;
	  }
	| {
			type: 'stream_error';
			message_id: Id;
			error_code: StreamErrorCode;
			error: string;
			partial_content?: string | null;
			recoverable: boolean;
	  }
	| { type: 'data_extracted'; component_type: ComponentType; data: unknown; extracted_at: Time }
	| { type: 'pong'; timestamp: Time };
export type StreamClientFrame =
	| { type: 'send_message'; message_id: Id; content: string }
	| { type: 'cancel_stream'; message_id: Id }
	| { type: 'ping' };

export interface Revisit {
	id: Id;
	target: ComponentType;
	reason: string;
	trigger: string;
	priority: Priority;
	status: 'pending' | 'accepted' | 'dismissed' | 'expired';
	created_at: Time;
}
