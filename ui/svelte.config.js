import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** The app is a static single-page app: one fallback page, and the server answers every unknown path with it. */
/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	kit: {
		adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: false }),
		version: { pollInterval: 0 },
		typescript: { config: (config) => ({ ...config, include: [...config.include, '../journeys/**/*.ts'] }) },
		csp: {
			mode: 'hash',
			directives: { 'script-src': ['self'] }
		}
	}
};
