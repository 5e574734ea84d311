/** How accounts come into being, their keys for programs, and those who look after them. */
import type { Id, InstanceRole, SignedIn, Time } from './base';
import type { OfferedProvider } from './sign-in';
import type { Workspace } from './workspaces';

/** Who may make an account: whoever was invited, everyone, or nobody. */
export type RegistrationMode = 'invite' | 'open' | 'closed';
export interface AuthMethods {
	setup_required: boolean;
	methods: ('password' | 'link' | 'oidc')[];
	/** Where one can sign in with an account that one has elsewhere. */
	providers: OfferedProvider[];
	registration: RegistrationMode;
	/** Whether the installation sends mail. */
	mail: boolean;
}
export interface Registration {
	first_name: string;
	last_name: string;
	email: string;
	password: string;
	invitation_token?: string;
}
/** With an invitation the account is there at once, signed in and in the workspace. */
export interface RegisteredByInvitation extends SignedIn {
	workspace: Workspace;
}

/** A key by which a program acts for its owner. */
export interface ApiKey {
	id: Id;
	name: string;
	description: string | null;
	/** The readable beginning of the key. */
	prefix: string;
	scopes: string[];
	workspaces: Id[];
	is_active: boolean;
	last_used_at: Time | null;
	expires_at: Time | null;
	created_at: Time;
}
export interface ApiKeyFacts {
	name: string;
	description?: string | null;
	workspaces: Id[];
	scopes: string[];
}
/** `token` is the key itself, told only once. */
export interface CreatedApiKey {
	key: ApiKey;
	token: string;
}

export type Tier = 'none' | 'free' | 'monthly' | 'annual';

/** What somebody has, what it includes (null is as much as one likes), and what of it is used. */
export interface Membership {
	tier: Tier;
	valid_until: Time | null;
	has_ended: boolean;
	limits: {
		active_sessions: number | null;
		cycles_per_session: number | null;
		archived_sessions: number | null;
		history_days: number | null;
		ai_messages_per_day: number | null;
		model: string;
		tradeoff_analysis: 'none' | 'basic' | 'full';
		decision_quality: boolean;
		export: boolean;
		share_links: boolean;
		api_keys: boolean;
	};
	usage: { active_sessions: number; archived_sessions: number; ai_messages_today: number };
}

/** An account as those see it who run the installation. */
export interface KnownUser {
	id: Id;
	first_name: string;
	last_name: string;
	email: string;
	status: 'active' | 'suspended' | 'deleted';
	instance_role: InstanceRole;
	/** The address they have asked for and not confirmed yet. */
	new_email: string | null;
	confirmed_at: Time | null;
	last_login_at: Time | null;
	registered_at: Time;
	/** The tier of their own; without one the installation's applies. */
	tier: Tier | null;
	valid_until: Time | null;
}
