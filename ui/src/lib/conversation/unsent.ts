/** What was typed into a conversation and not yet sent, kept on this device until it is. */
const PREFIX = 'althing.unsent.';

export function keepUnsent(componentId: string, text: string): void {
	try {
		if (text) localStorage.setItem(PREFIX + componentId, text);
		else localStorage.removeItem(PREFIX + componentId);
	} catch {
		// Without storage the text lives as long as the page; nothing better can be done here.
	}
}
export function findUnsent(componentId: string): string {
	try {
		return localStorage.getItem(PREFIX + componentId) ?? '';
	} catch {
		return '';
	}
}
