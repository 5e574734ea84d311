/** What a page says when a sign-in with an account elsewhere did not come about: two words in its address. */
import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';

export interface Refusal {
	code: string;
	reason: string;
}

const FAILED: Record<string, () => string> = {
	expired: m.sso_failed_expired,
	unknown_provider: m.sso_failed_unknown_provider,
	unreachable: m.sso_failed_unreachable,
	not_believed: m.sso_failed_not_believed,
	no_address: m.sso_failed_no_address,
	too_many: m.sso_failed_too_many,
	access_denied: m.sso_failed_access_denied
};
const NOT_ALLOWED: Record<string, () => string> = {
	no_account: m.sso_not_allowed_no_account,
	unverified: m.sso_not_allowed_unverified,
	closed: m.sso_not_allowed_closed,
	taken: m.sso_not_allowed_taken,
	somebody_else: m.sso_not_allowed_somebody_else
};

export function refusalIn(url: URL): Refusal | null {
	const code = url.searchParams.get('error');
	return code ? { code, reason: url.searchParams.get('reason') ?? '' } : null;
}

/** A foreign word is shown only if it looks like a code; whoever makes up an address says nothing in our name. */
export function sayRefusal({ code, reason }: Refusal): Problem {
	const status = code === 'sso_not_allowed' ? 403 : 400;
	return new Problem({ title: sentenceOf(code, reason), status, code });
}

function sentenceOf(code: string, reason: string): string {
	if (code === 'sso_not_allowed') return own(NOT_ALLOWED, reason) ?? m.sso_not_allowed();
	if (code !== 'sso_failed') return m.sso_failed();
	return own(FAILED, reason) ?? (/^[a-z][a-z0-9_]{2,40}$/.test(reason) ? m.sso_failed_other({ reason }) : m.sso_failed());
}

const own = (sentences: Record<string, () => string>, reason: string) => (Object.hasOwn(sentences, reason) ? sentences[reason]!() : undefined);
