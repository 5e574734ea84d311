import { expect, it } from 'vitest';
import { Problem } from './problem';
import { RetryKey } from './retry-key';

const failing = (status: number) => new Problem({ title: 'No', status, code: 'code' });

it('an act keeps its key until the server has answered, and never takes one twice after that', async () => {
	const retry = new RetryKey();
	const keys: string[] = [];
	const act = (outcome: Error | null) =>
		retry.use(async (key) => {
			keys.push(key);
			if (outcome) throw outcome;
		});
	for (const lost of [failing(0), failing(503)]) await expect(act(lost)).rejects.toBe(lost);
	await expect(act(failing(403))).rejects.toMatchObject({ status: 403 });
	await act(null);
	await act(null);
	const [first, second, third, fourth, fifth] = keys;
	expect([second, third]).toEqual([first, first]);
	expect(new Set([first, fourth, fifth]).size).toBe(3);
});
