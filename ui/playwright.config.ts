import { defineConfig } from '@playwright/test';
import { chromium } from './tests/browser';

/** Page checks against the built app with a mocked API. */
export default defineConfig({
	testDir: 'tests',
	outputDir: 'test-results/run',
	workers: 2,
	fullyParallel: true,
	timeout: 45_000,
	reporter: [['list']],
	use: { baseURL: 'http://127.0.0.1:4179', locale: 'en-GB', launchOptions: chromium },
	webServer: {
		command: 'node tests/mock/serve.mjs',
		url: 'http://127.0.0.1:4179/theme.js',
		reuseExistingServer: false
	}
});
