/** A workspace with its people, invitations, keys, and the accounts of the installation, for looking at the pages without a server. */
import type { ApiKey, AuditEntry, InvitationPreview, KnownUser, LinkedIdentity, Member, Membership, OwnInvitation, Role, SignInProvider, Workspace } from '../../src/lib/api/types';

const uuid = (group: number, number: number) =>
	`00000000-0000-7${String(group).padStart(3, '0')}-8000-${String(number).padStart(12, '0')}`;
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString();

export const SELF = uuid(1, 1);

export const workspace = (role: Role, changes: Partial<Workspace> = {}): Workspace => ({
	id: uuid(30, 1),
	name: 'Harbour Office',
	slug: 'harbour-office',
	description: 'Where the harbour decides about berths, dredging and the new quay.',
	color: '#0F766E',
	role,
	is_archived: false,
	purge_after: null,
	member_count: 4,
	created_at: day(-90),
	...changes
});
export const others: Workspace[] = [
	workspace('guest', { id: uuid(30, 2), name: 'Ölhafen', slug: 'oelhafen', description: null, color: null, member_count: 1 }),
	workspace('member', {
		id: uuid(30, 3),
		name: 'The committee for the renewal of the lighthouse and its surroundings',
		slug: 'lighthouse',
		description: 'A description that is long enough to need a second line, and then a third one, so that it has to be cut short somewhere.',
		color: '#B8860B',
		member_count: 23
	})
];
export const archivedWorkspace = workspace('owner', { is_archived: true, purge_after: day(29) });

const person = (number: number, name: string, email: string, role: Role): Member => ({
	id: uuid(31, number),
	user_id: uuid(1, number),
	name,
	email,
	role,
	status: 'accepted',
	invited_by: null,
	invited_at: null,
	expires_at: null,
	joined_at: day(-90 + number)
});
/** The one who looks has this role; the rest is as it would be then. */
export function members(role: Role): Member[] {
	const accepted = [
		person(1, 'Astrid Lund', 'astrid@example.org', role),
		person(2, 'Grace Okafor', 'grace.okafor.of.the.harbour.office@example.org', role === 'owner' ? 'admin' : 'owner'),
		person(3, 'Mary Blom', 'mary@example.org', 'member'),
		person(4, 'Tim Ahn', 'tim@example.org', 'guest')
	];
	const invited: Member = {
		...person(5, '', 'una@example.org', 'member'),
		user_id: null,
		name: null,
		status: 'pending',
		invited_by: { id: SELF, name: 'Astrid Lund' },
		invited_at: day(-1),
		expires_at: day(13),
		joined_at: null
	};
	return role === 'owner' || role === 'admin' ? [...accepted, invited] : accepted;
}
export const LINK = 'http://127.0.0.1:4179/invitation#dG9rZW4tdGhhdC1pcy1zaG93bi1vbmx5LW9uY2U';

export const ownInvitations: OwnInvitation[] = [
	{ id: uuid(31, 40), workspace_id: uuid(30, 9), workspace_name: 'Dredging', inviter_name: 'Mary Blom', role: 'guest', expires_at: day(3) }
];
export const preview = (changes: Partial<InvitationPreview> = {}): InvitationPreview => ({
	workspace_name: 'Harbour Office',
	inviter_name: 'Grace Okafor',
	email: 'una@example.org',
	role: 'member',
	expires_at: day(13),
	has_account: false,
	...changes
});

export const apiKeys: ApiKey[] = [
	{
		id: uuid(32, 1),
		name: 'Nightly report',
		description: 'Fetches the decisions of the day.',
		prefix: 'alt_q7Wm2xPd',
		scopes: ['decisions:read', 'workspaces:read'],
		workspaces: [uuid(30, 1)],
		is_active: true,
		last_used_at: day(-0.2),
		expires_at: day(60),
		created_at: day(-30)
	},
	{
		id: uuid(32, 2),
		name: 'Old script',
		description: null,
		prefix: 'alt_Zk03aaBv',
		scopes: ['*'],
		workspaces: [],
		is_active: true,
		last_used_at: null,
		expires_at: day(-2),
		created_at: day(-92)
	}
];
export const TOKEN = `alt_q7Wm2xPd_${'dummy-key-for-the-page-'.repeat(3).slice(0, 64)}`;

export const membership = (changes: Partial<Membership> = {}): Membership => ({
	tier: 'annual',
	valid_until: null,
	has_ended: false,
	limits: {
		active_sessions: null,
		cycles_per_session: null,
		archived_sessions: null,
		history_days: null,
		ai_messages_per_day: null,
		model: 'advanced',
		tradeoff_analysis: 'full',
		decision_quality: true,
		export: true,
		share_links: true,
		api_keys: true
	},
	usage: { active_sessions: 4, archived_sessions: 1, ai_messages_today: 0 },
	...changes
});
export const freePlan = membership({
	tier: 'free',
	valid_until: '2020-01-01T00:00:00.000000Z',
	has_ended: true,
	limits: {
		active_sessions: 3,
		cycles_per_session: 2,
		archived_sessions: 10,
		history_days: 90,
		ai_messages_per_day: 50,
		model: 'standard',
		tradeoff_analysis: 'basic',
		decision_quality: false,
		export: false,
		share_links: false,
		api_keys: false
	}
});

const account = (number: number, first_name: string, last_name: string, changes: Partial<KnownUser> = {}): KnownUser => ({
	id: uuid(1, number),
	first_name,
	last_name,
	email: `${first_name.toLowerCase()}@example.org`,
	status: 'active',
	instance_role: 'user',
	new_email: null,
	confirmed_at: day(-80),
	last_login_at: day(-1),
	registered_at: day(-80),
	tier: null,
	valid_until: null,
	...changes
});
export const accounts: KnownUser[] = [
	account(1, 'Astrid', 'Lund', { instance_role: 'owner' }),
	account(2, 'Grace', 'Okafor', { tier: 'monthly', valid_until: '2027-01-01T00:00:00.000000Z', instance_role: 'admin', new_email: 'grace.of.the.harbour@example.org' }),
	account(3, 'Mary', 'Blom', { status: 'suspended' }),
	account(4, 'Tim', 'Ahn', { confirmed_at: null, last_login_at: null })
];

const happened = (number: number, kind: string, changes: Partial<AuditEntry> = {}): AuditEntry => ({
	id: uuid(40, number),
	kind,
	occurred_at: day(-number),
	actor_id: SELF,
	system_actor: null,
	workspace_id: null,
	session_id: null,
	cycle_id: null,
	thing_id: null,
	person_id: null,
	old: null,
	new: null,
	detail: null,
	times: 1,
	correlation_id: uuid(41, number),
	api_key_id: null,
	address_hash: '5d41402abc4b2a76b9719d911017c592',
	...changes
});
export const auditEntries: AuditEntry[] = [
	happened(1, 'component.completed', { session_id: uuid(42, 1), cycle_id: uuid(43, 1), thing_id: uuid(44, 1), detail: 'objectives', old: 'in_progress', new: 'complete' }),
	happened(2, 'identity.member_role_changed', { person_id: uuid(1, 2), old: 'member', new: 'admin' }),
	happened(3, 'share_link.used', { actor_id: null, session_id: uuid(42, 1), thing_id: uuid(45, 1), times: 12 }),
	happened(4, 'sign_in.failed', { actor_id: null, times: 31 }),
	happened(5, 'access.denied', { actor_id: uuid(1, 9), detail: 'POST /api/admin/subscriptions/{name}/rebuild' }),
	happened(6, 'identity.invitation_expired', { actor_id: null, system_actor: 'workspace-timers' })
];
export const signInProviders: SignInProvider[] = [
	{
		id: uuid(33, 1),
		slug: 'harbour',
		label: 'Harbour ID',
		issuer: 'https://id.harbour.example.org/realms/everybody-who-works-here',
		client_id: 'althing',
		has_secret: true,
		scopes: ['profile', 'email', 'groups'],
		group_claim: 'groups',
		group_map: [
			{ grants: 'membership', group: 'berths', workspace: 'harbour-office', role: 'member' },
			{ grants: 'instance_admin', group: 'operators' }
		],
		may_create_accounts: true,
		callback_url: 'http://127.0.0.1:4179/api/auth/oidc/harbour/callback'
	},
	{
		id: uuid(33, 2),
		slug: 'city',
		label: 'City hall',
		issuer: 'https://login.city.example.org',
		client_id: '4f1c',
		has_secret: false,
		scopes: ['email'],
		group_claim: null,
		group_map: [],
		may_create_accounts: false,
		callback_url: 'http://127.0.0.1:4179/api/auth/oidc/city/callback'
	}
];
export const identities: LinkedIdentity[] = [
	{
		id: uuid(34, 1),
		provider: { slug: 'harbour', label: 'Harbour ID' },
		issuer: 'https://id.harbour.example.org/realms/everybody-who-works-here',
		email: 'astrid@harbour.example.org',
		linked_at: day(-40),
		last_login_at: day(-1)
	},
	{ id: uuid(34, 2), provider: null, issuer: 'https://old.example.org', email: null, linked_at: day(-400), last_login_at: null }
];
