/** Signing in with accounts elsewhere. */
import type { Id, Time } from './base';

/** What the sign-in page offers. */
export interface OfferedProvider {
	slug: string;
	label: string;
}
/** An account elsewhere that one signs in with. */
export interface LinkedIdentity {
	id: Id;
	/** Absent when the installation no longer offers it. */
	provider: OfferedProvider | null;
	issuer: string;
	email: string | null;
	linked_at: Time;
	last_login_at: Time | null;
}
export type GroupRule =
	| { grants: 'membership'; group: string; workspace: string; role: 'admin' | 'member' | 'guest' }
	| { grants: 'instance_admin'; group: string };
/** A provider as those see it who run the installation. */
export interface SignInProvider {
	id: Id;
	slug: string;
	label: string;
	issuer: string;
	client_id: string;
	has_secret: boolean;
	scopes: string[];
	group_claim: string | null;
	group_map: GroupRule[];
	may_create_accounts: boolean;
	/** What the provider has to be told. */
	callback_url: string;
}
/** An empty `client_secret` takes the secret away, an absent one leaves it. */
export interface SignInProviderFacts {
	slug?: string;
	label: string;
	issuer: string;
	client_id: string;
	client_secret?: string;
	scopes: string[];
	group_claim: string;
	group_map: GroupRule[];
	may_create_accounts: boolean;
}
/** What a provider says of itself. */
export interface ProviderTest {
	issuer: string;
	keys: number;
	algorithms: string[];
	signs_as_needed: boolean;
}
