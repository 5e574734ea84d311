import type { HandleClientError } from '@sveltejs/kit';
import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';

/** What the error page gets to know when a page could not be loaded. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (error instanceof Problem) {
		return { message: error.message, code: error.code, requestId: error.requestId };
	}
	if (status !== 404) console.error(error);
	return { message: m.frame_error_unexpected() };
};
