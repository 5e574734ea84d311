import { defineConfig } from '@playwright/test';
import { chromium } from '../tests/browser';

/** Journeys of people through the real server, one with its own data folder per worker. */
export default defineConfig({
	testDir: '.',
	outputDir: '../test-results/journeys',
	globalSetup: './kit/check.ts',
	workers: 2,
	timeout: 90_000,
	expect: { timeout: 10_000 },
	reporter: [['list']],
	use: { locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1280, height: 860 }, launchOptions: chromium }
});
