/** How long to wait before the next attempt to connect: 1 s · 2ⁿ, at most 30 s, spread by ±25 % so that clients do not return all at once. */
export const MAX_TRIES = 10;

export function reconnectDelay(attempt: number, random: () => number): number {
	const plain = Math.min(30_000, 1000 * 2 ** attempt);
	return Math.round(plain * (0.75 + random() * 0.5));
}
