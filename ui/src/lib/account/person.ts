/** Somebody who is about to get an account. */
export interface Person {
	first_name: string;
	last_name: string;
	email: string;
	password: string;
}

export const nobody = (email = ''): Person => ({ first_name: '', last_name: '', email, password: '' });

/** What was typed, without blanks at the ends; a password is taken as it is. */
export function trimmed({ first_name, last_name, email, password }: Person): Person {
	return { first_name: first_name.trim(), last_name: last_name.trim(), email: email.trim(), password };
}

export function isComplete(person: Person): boolean {
	return Object.values(trimmed(person)).every(Boolean);
}
