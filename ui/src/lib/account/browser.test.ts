import { describe, expect, it } from 'vitest';
import { browserName } from './browser';

describe('the name of a browser', () => {
	it.each([
		['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
		['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0', 'Edge on Windows'],
		['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15', 'Safari on macOS'],
		['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile Safari/604.1', 'Chrome on iPhone'],
		['Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36', 'Chrome on Android']
	])('%s', (userAgent, name) => expect(browserName(userAgent)).toBe(name));

	it('is what a program says of itself, if nobody knows it', () => {
		expect(browserName('curl/8.5.0')).toBe('curl/8.5.0');
		expect(browserName('x'.repeat(200))).toHaveLength(60);
		expect(browserName(null)).toBe('Unknown browser');
	});
});
