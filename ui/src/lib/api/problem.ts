import { formatIn } from '$lib/format';
import { m } from '$lib/paraglide/messages.js';
import type { FieldError, NamedWorkspace, ProblemBody } from './types';

/** A refused or failed request. `code` is stable; `message` is a sentence for people. */
export class Problem extends Error {
	readonly status: number;
	readonly code: string;
	readonly title: string;
	readonly errors: FieldError[];
	readonly requestId: string | undefined;
	readonly workspaces: NamedWorkspace[];
	/** Seconds until trying again helps, where a limit says so. */
	readonly retryAfter: number | undefined;

	constructor(body: ProblemBody) {
		super(sentence(body.detail || body.title));
		this.name = 'Problem';
		this.status = body.status;
		this.code = body.code;
		this.title = body.title;
		this.errors = (body.errors ?? []).map((error) => ({ ...error, message: sentence(error.message) }));
		this.requestId = body.request_id;
		this.workspaces = body.workspaces ?? [];
		this.retryAfter = body.retry_after_secs;
	}

	/** Errors whose pointer starts with `prefix`, with the prefix removed: `/output/a/0` under `/output` is `/a/0`. */
	under(prefix: string): FieldError[] {
		return this.errors
			.filter((error) => error.field === prefix || error.field.startsWith(`${prefix}/`))
			.map((error) => ({ ...error, field: error.field.slice(prefix.length) }));
	}

	/** The first message for one field of a flat form: `field('title')` finds `/title`. With the field's label it is a whole sentence. */
	field(name: string, label?: string): string | undefined {
		const message = this.errors.find((error) => error.field === `/${name}`)?.message;
		return message && label ? `${label} ${uncapitalised(message)}` : message;
	}

	/** Whether all that is wrong stands in these fields of a flat form, so that showing it beside them says everything. */
	isAbout(names: readonly string[]): boolean {
		return this.errors.length > 0 && this.errors.every((error) => names.includes(error.field.slice(1)));
	}

	/** Nothing answered: the network is down or the server is away. */
	get isOffline(): boolean {
		return this.status === 0;
	}
}

function uncapitalised(message: string): string {
	const first = [...message][0] ?? '';
	return first.toLocaleLowerCase() + message.slice(first.length);
}

/** "must not be empty" → "Must not be empty." */
export function sentence(message: string): string {
	const text = message.trim();
	if (!text) return text;
	const first = [...text][0]!;
	return first.toLocaleUpperCase() + text.slice(first.length) + (/[.!?…”]$/.test(text) ? '' : '.');
}

/** Reads a problem answer; an answer in any other shape still becomes a usable Problem. */
export async function readProblem(response: Response, fallbackTitle: string): Promise<Problem> {
	try {
		const body = (await response.json()) as Partial<ProblemBody>;
		if (body && typeof body.code === 'string') {
			// A limit of none at all does not go by, however long one waits.
			if (body.retry_after_secs && response.headers.get('x-ratelimit-limit') !== '0') {
				body.detail = m.frame_error_too_often({ when: formatIn(body.retry_after_secs) });
			}
			return new Problem({ title: body.title ?? fallbackTitle, status: response.status, ...body } as ProblemBody);
		}
	} catch {
		// Not JSON (a proxy's page, an empty body): the status has to speak for itself.
	}
	return new Problem({
		title: fallbackTitle,
		status: response.status,
		code: response.status >= 500 ? 'service_unavailable' : 'malformed_request',
		request_id: response.headers.get('x-request-id') ?? undefined
	});
}

/** Turns whatever was thrown into a Problem, so that pages have one thing to show. */
export function asProblem(thrown: unknown, fallbackTitle: string): Problem {
	if (thrown instanceof Problem) return thrown;
	const detail = thrown instanceof Error ? thrown.message : undefined;
	return new Problem({ title: fallbackTitle, status: 0, code: 'unexpected', detail });
}
