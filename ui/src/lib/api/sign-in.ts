/** Signing in with accounts elsewhere: where it begins, one's own links, and the providers for those who run the installation. */
import { api, withQuery } from './client';
import type { Id, LinkedIdentity, ProviderTest, SignInProvider, SignInProviderFacts } from './types';

const PROVIDERS = '/api/admin/oidc-providers';
const IDENTITIES = '/api/me/identities';

/** Where a browser goes to sign in; `fresh` has the provider ask who it is even if it knows. */
export const startOf = (provider: string, returnTo: string, fresh = false) =>
	withQuery(`/api/auth/oidc/${encodeURIComponent(provider)}/start`, { return_to: returnTo, fresh: fresh ? 'true' : undefined });

export const identities = {
	list: async () => (await api.list<LinkedIdentity>(IDENTITIES)).data,
	/** After a recent sign-in; answers where the browser goes next. */
	link: (provider: string) => api.post<{ location: string }>(IDENTITIES, { provider, return_to: '/account' }),
	unlink: (id: Id) => api.delete(`${IDENTITIES}/${id}`)
};

/** Every change needs a recent sign-in. */
export const providers = {
	list: async () => (await api.list<SignInProvider>(PROVIDERS)).data,
	add: (facts: SignInProviderFacts) => api.post<SignInProvider>(PROVIDERS, facts),
	change: (id: Id, facts: SignInProviderFacts) => api.patch<SignInProvider>(`${PROVIDERS}/${id}`, facts),
	remove: (id: Id) => api.delete(`${PROVIDERS}/${id}`),
	test: (id: Id) => api.post<ProviderTest>(`${PROVIDERS}/${id}/test`)
};
