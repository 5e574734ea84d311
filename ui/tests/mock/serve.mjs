// Hands out the built app as the real server does: files as they are, every other path the shell. The API is mocked in the browser.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const ROOT = 'build';
const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.svg': 'image/svg+xml',
	'.json': 'application/json',
	'.png': 'image/png'
};
createServer((request, response) => {
	const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)).replace(/^(\.\.[/\\])+/, '');
	const file = join(ROOT, path);
	const found = existsSync(file) && statSync(file).isFile() ? file : join(ROOT, 'index.html');
	response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' });
	createReadStream(found).pipe(response);
}).listen(4179, '127.0.0.1');
