import { expect, it } from 'vitest';
import { isComplete, nobody, trimmed } from './person';

it('names and address lose the blanks around them, a password keeps its own', () => {
	const typed = { first_name: ' Grace ', last_name: 'Okafor ', email: ' grace@example.org', password: ' four quiet words ' };
	expect(trimmed(typed)).toEqual({ first_name: 'Grace', last_name: 'Okafor', email: 'grace@example.org', password: ' four quiet words ' });
});

it('an account needs all four', () => {
	const grace = { first_name: 'Grace', last_name: 'Okafor', email: 'grace@example.org', password: 'four quiet words' };
	expect(isComplete(grace)).toBe(true);
	for (const missing of Object.keys(grace)) expect(isComplete({ ...grace, [missing]: missing === 'password' ? '' : ' ' })).toBe(false);
	expect(isComplete(nobody('grace@example.org'))).toBe(false);
});
