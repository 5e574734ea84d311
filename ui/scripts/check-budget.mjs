// Fails when the first load of a page is larger than its budget. What counts is what the browser must have before the page stands:
// the shell's scripts, the layouts and the page with all they import statically, and their style sheets, each compressed with gzip.
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 100_000;
const CLIENT = '.svelte-kit/output/client';
const manifestPath = `${CLIENT}/.vite/manifest.json`;
if (!existsSync(manifestPath)) {
	console.error('There is no build to measure. Run `npm run build` first.');
	process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const generated = '.svelte-kit/generated/client-optimized';

// Every page of the app by its layouts and its own node, read from the table that SvelteKit generates.
const nodeOf = new Map();
for (const key of Object.keys(manifest)) {
	const at = key.match(/client-optimized\/nodes\/(\d+)\.js$/);
	if (!at) continue;
	const source = readFileSync(`${generated}/nodes/${at[1]}.js`, 'utf8');
	const component = source.match(/src\/routes\/(.*?\+(?:page|layout)\.(?:svelte|ts))/);
	if (component) nodeOf.set(component[1].replace(/\.(svelte|ts)$/, ''), key);
}
const entries = Object.keys(manifest).filter((key) => /client\/entry\.js$|client-optimized\/app\.js$/.test(key));
const pages = [...nodeOf.keys()].filter((name) => name.endsWith('+page')).sort();

const sizes = new Map();
function size(file) {
	if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(`${CLIENT}/${file}`), { level: 9 }).length);
	return sizes.get(file);
}
function closure(keys) {
	const files = new Set();
	const seen = new Set();
	const queue = [...keys];
	while (queue.length) {
		const key = queue.pop();
		const chunk = manifest[key];
		if (!chunk || seen.has(key)) continue;
		seen.add(key);
		files.add(chunk.file);
		for (const sheet of chunk.css ?? []) files.add(sheet);
		queue.push(...(chunk.imports ?? []));
	}
	return files;
}

let failed = false;
for (const page of pages) {
	const folders = page.split('/').slice(0, -1);
	const layouts = folders.map((_, at) => nodeOf.get([...folders.slice(0, at + 1), '+layout'].join('/')));
	const files = closure([...entries, nodeOf.get('+layout'), ...layouts, nodeOf.get(page)].filter(Boolean));
	const total = [...files].reduce((sum, file) => sum + size(file), 0);
	const over = total > BUDGET;
	failed ||= over;
	console.log(`${over ? 'OVER ' : 'ok   '}${(total / 1000).toFixed(1).padStart(6)} kB gzip  /${page.replace(/\/?\+page$/, '')}`);
}
if (!pages.length || entries.length < 2) {
	console.error('The build does not look as expected: no pages or no entry found.');
	failed = true;
}
if (failed) {
	console.error(`First load may be at most ${BUDGET / 1000} kB gzip.`);
	process.exit(1);
}
