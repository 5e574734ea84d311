/** What a browser calls itself, in two words that people know. Only for reading: nothing is decided by it. */
import { m } from '$lib/paraglide/messages.js';

// The first that fits counts: most browsers also name those they descend from.
const BROWSERS: [RegExp, string][] = [
	[/\bEdgA?\//, 'Edge'],
	[/\bOPR\//, 'Opera'],
	[/\b(Firefox|FxiOS)\//, 'Firefox'],
	[/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
	[/\bSafari\//, 'Safari']
];
const SYSTEMS: [RegExp, string][] = [
	[/\bAndroid\b/, 'Android'],
	[/\biPhone\b/, 'iPhone'],
	[/\biPad\b/, 'iPad'],
	[/\bWindows\b/, 'Windows'],
	[/\bMac OS X\b/, 'macOS'],
	[/\bCrOS\b/, 'ChromeOS'],
	[/\bLinux\b/, 'Linux']
];

export function browserName(userAgent: string | null): string {
	if (!userAgent) return m.account_session_unknown();
	const browser = BROWSERS.find(([sign]) => sign.test(userAgent))?.[1];
	const system = SYSTEMS.find(([sign]) => sign.test(userAgent))?.[1];
	if (browser && system) return m.account_session_on({ browser, system });
	return browser ?? userAgent.slice(0, 60);
}
