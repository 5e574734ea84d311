/** The accounts of the installation, for those who run it. */
import { api } from './client';
import type { Id, KnownUser, Tier } from './types';

const at = (user: Id, act: string) => `/api/admin/users/${user}/${act}`;

export const users = {
	list: async () => (await api.list<KnownUser>('/api/admin/users')).data,
	/** Ends every sign-in of theirs; their keys are refused until they are active again. */
	suspend: (user: Id, reason: string) => api.post(at(user, 'suspend'), reason ? { reason } : {}),
	reactivate: (user: Id) => api.post(at(user, 'reactivate')),
	/** A link that confirms the account, to be handed over by other means. */
	confirmationLink: (user: Id) => api.post<{ link: string }>(at(user, 'confirmation-link')),
	/** A link that gives them the address they asked for, to be handed over by other means. */
	emailLink: (user: Id) => api.post<{ link: string }>(at(user, 'email-link')),
	/** Gives them a tier, with or without an end; none of their own means that of the installation. */
	setTier: (user: Id, tier: Tier | null, validUntil: string | null) =>
		api.put<void>(at(user, 'tier'), { ...(tier && { tier }), ...(tier && validUntil && { valid_until: validUntil }) }),
	/** A link that sets another password, to be handed over by other means. */
	resetLink: (user: Id) => api.post<{ link: string }>(at(user, 'reset-link'))
};
