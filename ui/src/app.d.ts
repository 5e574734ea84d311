import type { FieldError } from '$lib/api/types';

declare global {
	namespace App {
		/** What a failed page load tells the error page. `code` is the stable code of the API's problem answer. */
		interface Error {
			message: string;
			code?: string;
			requestId?: string;
			errors?: FieldError[];
		}
	}
}

export {};
