import { newId } from './id';
import { Problem } from './problem';

/**
 * The Idempotency-Key of an act that must not happen twice: the same one for as long as nobody knows whether it has happened (a lost
 * answer, a fault), another one after each answer, since the server keeps its refusals under their key as well.
 */
export class RetryKey {
	#key = newId();

	async use<T>(act: (key: string) => Promise<T>): Promise<T> {
		try {
			const done = await act(this.#key);
			this.#key = newId();
			return done;
		} catch (thrown) {
			const isUnknown = thrown instanceof Problem && (thrown.isOffline || thrown.status >= 500);
			if (!isUnknown) this.#key = newId();
			throw thrown;
		}
	}
}
