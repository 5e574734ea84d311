import { defineConfig } from '@playwright/test';

/** Page checks against the built app with a mocked API. Debian's chromium is used; no browser is downloaded. */
export default defineConfig({
	testDir: 'tests',
	outputDir: 'test-results/run',
	workers: 1,
	timeout: 30_000,
	reporter: [['list']],
	use: {
		baseURL: 'http://127.0.0.1:4179',
		locale: 'en-GB',
		launchOptions: {
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			args: [
				'--no-sandbox',
				'--disable-gpu',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
				'--no-first-run'
			]
		}
	},
	webServer: {
		command: 'node tests/mock/serve.mjs',
		url: 'http://127.0.0.1:4179/theme.js',
		reuseExistingServer: false
	}
});
