// An OpenID provider for tests: a login page with one field, and everything agreed to.
// Told by its argument: where to listen, where the library lies, which clients and people there are.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { port, library, listening, clients, people } = JSON.parse(process.argv[2]);
const { default: Provider } = await import(library);
const issuer = `http://127.0.0.1:${port}`;
const known = new Map(people.map((person) => [person.sub, person]));

const provider = new Provider(issuer, {
	clients,
	scopes: ['openid', 'email', 'profile', 'groups'],
	claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name', 'name'], groups: ['groups'] },
	cookies: { keys: ['for tests only'] },
	features: { devInteractions: { enabled: false } },
	interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
	pkce: { required: () => true },
	async findAccount(_, sub) {
		return { accountId: sub, claims: async () => known.get(sub) };
	},
	async loadExistingGrant({ oidc }) {
		const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
		grant.addOIDCScope('openid email profile groups');
		await grant.save();
		return grant;
	}
});

const page = (uid, said) => `<!doctype html><html lang="en"><title>Provider</title><main><h1>Who are you?</h1><p role="status">${said}</p>
<form method="post" action="/login/${uid}"><label>Login <input name="login" autofocus></label><button>Go on</button></form></main></html>`;

async function logIn(request, response) {
	const { uid } = await provider.interactionDetails(request, response);
	let said = '';
	if (request.method === 'POST') {
		let body = '';
		for await (const chunk of request) body += chunk;
		const login = new URLSearchParams(body).get('login');
		if (login === 'nobody') return provider.interactionFinished(request, response, { error: 'access_denied' });
		if (known.has(login)) return provider.interactionFinished(request, response, { login: { accountId: login } });
		said = 'Nobody has that login.';
	}
	response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(uid, said));
}

const answer = provider.callback();
createServer((request, response) => {
	if (!request.url.startsWith('/login/')) return answer(request, response);
	logIn(request, response).catch((error) => response.writeHead(400).end(String(error)));
}).listen(port, '127.0.0.1', () => {
	if (listening) writeFileSync(listening, String(port));
	console.log(`listening on ${issuer}`);
});
