/** Saves an answer of the API as a file, or says why it could not be had. */
import { readProblem } from '$lib/api/problem';

/** The file name the server suggests; RFC 5987 names go before plain ones. */
export function suggestedName(disposition: string | null): string | null {
	if (!disposition) return null;
	const encoded = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition)?.[1];
	if (encoded) {
		try {
			return clean(decodeURIComponent(encoded.trim()));
		} catch {
			// Badly encoded: the plain name has to do.
		}
	}
	const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))/i.exec(disposition);
	const name = plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2];
	return name ? clean(name.trim()) : null;
}

function clean(name: string): string | null {
	return name.replace(/[/\\\u0000-\u001f]/g, '_') || null;
}

/** Fetches and saves. Throws a Problem when the server refuses. */
export async function download(path: string, fallbackName: string, failed: string): Promise<void> {
	const response = await fetch(path, { credentials: 'same-origin' });
	if (!response.ok) throw await readProblem(response, failed);
	const address = URL.createObjectURL(await response.blob());
	const link = document.createElement('a');
	link.href = address;
	link.download = suggestedName(response.headers.get('content-disposition')) ?? fallbackName;
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
