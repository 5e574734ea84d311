/** What can be chosen in the filter. */
import { m } from '$lib/paraglide/messages.js';

type Kind = { value: string; label: () => string };

const DECISIONS: Kind[] = [
	{ value: 'session', label: m.audit_kind_session },
	{ value: 'cycle', label: m.audit_kind_cycle },
	{ value: 'component', label: m.audit_kind_component },
	{ value: 'share_link', label: m.audit_kind_share_link }
];
export const WORKSPACE_KINDS: readonly Kind[] = [...DECISIONS, { value: 'identity', label: m.audit_kind_workspace }];
export const INSTANCE_KINDS: readonly Kind[] = [
	{ value: 'identity', label: m.audit_kind_account },
	{ value: 'sign_in', label: m.audit_kind_sign_in },
	{ value: 'access', label: m.audit_kind_access },
	{ value: 'rate_limit', label: m.audit_kind_rate_limit },
	{ value: 'dead_letter', label: m.audit_kind_dead_letter },
	...DECISIONS
];
