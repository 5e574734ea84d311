import { error } from '@sveltejs/kit';
import { Problem } from './problem';

/** For page loads: a Problem of the API becomes the error page with its status. */
export async function orErrorPage<T>(answer: Promise<T>): Promise<T> {
	try {
		return await answer;
	} catch (thrown) {
		if (thrown instanceof Problem) {
			error(thrown.status || 503, { message: thrown.message, code: thrown.code, requestId: thrown.requestId });
		}
		throw thrown;
	}
}
