import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	plugins: [
		// Tests use the messages that `npm run messages` has compiled; the plugin's watcher would keep them from ending.
		...(process.env.VITEST
			? []
			: [
					paraglideVitePlugin({
						project: './project.inlang',
						outdir: './src/lib/paraglide',
						strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
						outputStructure: 'message-modules'
					})
				]),
		sveltekit()
	],
	server: {
		proxy: { '/api': { target: process.env.ALTHING_SERVER ?? 'http://127.0.0.1:8080', ws: true } }
	},
	test: {
		include: ['src/**/*.test.ts'],
		environment: 'node'
	}
});
