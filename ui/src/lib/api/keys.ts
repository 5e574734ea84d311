/** One's own keys for programs. */
import { api } from './client';
import type { ApiKey, ApiKeyFacts, CreatedApiKey, Id, Time } from './types';

export type KeyFilter = 'all' | 'active' | 'revoked';

export const apiKeys = {
	list: async (status: KeyFilter) => (await api.list<ApiKey>('/api/api-keys', { status })).data,
	/** After a recent sign-in. Repeated with the same idempotency key it makes no second one. */
	create: (key: ApiKeyFacts & { expires_at?: Time }, idempotencyKey: string) => api.post<CreatedApiKey>('/api/api-keys', key, { idempotencyKey }),
	change: (key: Id, facts: Partial<ApiKeyFacts>) => api.patch<ApiKey>(`/api/api-keys/${key}`, facts),
	/** For good. */
	revoke: (key: Id) => api.post(`/api/api-keys/${key}/revoke`)
};
