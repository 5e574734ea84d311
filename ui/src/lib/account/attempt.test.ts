import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { Attempt } from './attempt.svelte';

const refusal = (code: string) => new Problem({ title: 'No', status: 403, code });

describe('an act that the server may refuse', () => {
	it('is done once however often it is asked for', async () => {
		const attempt = new Attempt();
		let done = 0;
		let finish = () => {};
		const act = () => new Promise<void>((resolve) => ((done += 1), (finish = resolve)));
		const first = attempt.run(act);
		await attempt.run(act);
		expect([done, attempt.busy]).toEqual([1, true]);
		finish();
		await first;
		expect([attempt.busy, attempt.problem]).toEqual([false, null]);
	});

	it('tells why it was refused, until it is tried again', async () => {
		const attempt = new Attempt();
		await attempt.run(() => Promise.reject(refusal('forbidden')));
		expect([attempt.problem?.code, attempt.busy]).toEqual(['forbidden', false]);
		await attempt.run(() => Promise.resolve());
		expect(attempt.problem).toBeNull();
	});

	it('waits for the password, and then goes on', async () => {
		const attempt = new Attempt();
		let fresh = false;
		let done = 0;
		const act = async () => {
			if (!fresh) throw refusal('reauthenticate');
			done += 1;
		};
		await attempt.run(act);
		expect([attempt.problem, attempt.waiting, done]).toEqual([null, act, 0]);
		fresh = true;
		await attempt.run(attempt.waiting!);
		expect([attempt.waiting, done]).toEqual([null, 1]);
	});
});
