import { describe, expect, it } from 'vitest';
import { Problem, readProblem } from './problem';

describe('a refused form', () => {
	const problem = new Problem({
		type: 'about:blank',
		title: 'Not valid',
		status: 422,
		detail: 'must have at least 12 characters',
		code: 'validation_failed',
		errors: [{ field: '/password', message: 'must have at least 12 characters', code: 'too_short', index: null }],
		request_id: 'r'
	});

	it('says beside a field what is wrong with it', () => {
		expect(problem.field('password')).toBe('Must have at least 12 characters.');
		expect(problem.field('email')).toBeUndefined();
	});

	it('names the field where a sentence needs its subject', () => {
		expect(problem.field('password', 'Password')).toBe('Password must have at least 12 characters.');
		expect(problem.field('email', 'E-mail')).toBeUndefined();
	});
});

describe('a limit', () => {
	const answer = (limit: string) =>
		new Response(JSON.stringify({ title: 'Too many requests', status: 429, detail: 'slow down', code: 'rate_limited', retry_after_secs: 90 }), {
			status: 429,
			headers: { 'x-ratelimit-limit': limit }
		});

	it('says when to try again', async () => {
		const problem = await readProblem(answer('60'), 'x');
		expect(problem.retryAfter).toBe(90);
		expect(problem.message).toBe('That was too often. Try again in 2 minutes; what you have typed stays here.');
	});

	it('of none at all says so in its own words', async () => {
		expect((await readProblem(answer('0'), 'x')).message).toBe('Slow down.');
	});
});
