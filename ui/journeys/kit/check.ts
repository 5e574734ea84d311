/** Says what is missing before the first journey, instead of failing in each of them. */
import { existsSync } from 'node:fs';
import { BINARY } from './server';

export default function check(): void {
	if (!existsSync(BINARY)) {
		throw new Error(`There is no server at ${BINARY}. Build it with \`cargo build --package althing-server\`, or name another in ALTHING_BINARY.`);
	}
	if (!existsSync('build/index.html')) throw new Error('The web app is not built. Run `npm run build` first.');
}
