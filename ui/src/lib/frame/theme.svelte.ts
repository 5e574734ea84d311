/** Light, dark, or as the system says. Kept in this browser; static/theme.js applies it before the first paint. */
export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'althing.theme';

class Theme {
	choice = $state<ThemeChoice>('system');

	constructor() {
		const set = typeof document === 'undefined' ? undefined : document.documentElement.dataset.theme;
		if (set === 'light' || set === 'dark') this.choice = set;
	}

	choose(choice: ThemeChoice): void {
		this.choice = choice;
		if (choice === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = choice;
		try {
			if (choice === 'system') localStorage.removeItem(KEY);
			else localStorage.setItem(KEY, choice);
		} catch {
			// Storage may be blocked; the choice then lasts as long as this page.
		}
	}

	/** The other one of light and dark, judged by what is on screen. */
	toggle(): void {
		const darkNow = this.choice === 'dark' || (this.choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
		this.choose(darkNow ? 'light' : 'dark');
	}
}

export const theme = new Theme();
