/**
 * How well a query fits a text: 0 when its letters do not occur in order; more for whole words, word beginnings and unbroken runs.
 * An empty query fits everything equally.
 */
export function matchScore(query: string, text: string): number {
	const wanted = query.trim().toLowerCase();
	const given = text.toLowerCase();
	if (!wanted) return 1;
	const whole = given.indexOf(wanted);
	if (whole >= 0) return 100 - Math.min(whole, 50) + (whole === 0 || given[whole - 1] === ' ' ? 50 : 0);
	let score = 1;
	let at = -1;
	for (const letter of wanted) {
		if (letter === ' ') continue;
		const next = given.indexOf(letter, at + 1);
		if (next < 0) return 0;
		if (next === at + 1) score += 2;
		if (next === 0 || given[next - 1] === ' ') score += 3;
		at = next;
	}
	return score;
}
