import { expect, test, type Page, type Route, type WebSocketRoute } from '@playwright/test';
import { mockApi, problem } from './mock/api';
import { C1, C2, components, conversation, cycle, NOW, overview, S1, session } from './mock/data';

/** What a person does on the decision page, against mocked answers: commands, talk, drafts, conflicts, and changes by others. */
const at = (step: string, view: string) => `/decisions/${S1}?cycle=${C1}&step=${step}&view=${view}`;
const tradeoffs = components(C1)[5]!;
const recommendation = components(C1)[6]!;
const data = (body: unknown, status = 200) => (route: Route) =>
	route.fulfill({ status, contentType: 'application/json', body: JSON.stringify({ data: body }) });

test.use({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' });

test('a step is started, and what the server refuses is said', async ({ page }) => {
	let refusals = 1;
	let key: string | undefined;
	await mockApi(page, {
		answers: {
			[`POST /api/cycles/${C1}/components/recommendation/start`]: async (route) => {
				if (refusals-- > 0) return problem(route, 409, 'previous_component_required', 'Start the tradeoffs first.');
				key = route.request().headers()['idempotency-key'];
				expect(route.request().headers()['x-csrf-token']).toBe('t');
				return data({ ...recommendation, status: 'in_progress', can_start: false })(route);
			}
		}
	});
	await page.goto(at('recommendation', 'talk'));
	await page.getByRole('button', { name: 'Start this step' }).click();
	await expect(page.getByRole('alert')).toContainText('Start the tradeoffs first.');
	await page.getByRole('button', { name: 'Start this step' }).click();
	await expect(page.locator('.work').getByText('In progress')).toBeVisible();
	expect(key).toMatch(/^[0-9a-f-]{36}$/);
});

test('what is missing for completion leads to the form', async ({ page }) => {
	await mockApi(page, {
		answers: {
			[`POST /api/cycles/${C1}/components/tradeoffs/complete`]: (route) =>
				problem(route, 422, 'invalid_component_output', 'The step is not complete yet.', [
					{ field: '/output/tensions', message: 'name at least one tension', code: 'array_too_short', index: null }
				])
		}
	});
	await page.goto(at('tradeoffs', 'talk'));
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(page.getByRole('alert')).toContainText('Name at least one tension.');
	await page.getByRole('button', { name: 'Show what is missing in the form' }).click();
	await expect(page).toHaveURL(/view=write/);
});

test('a completed step can be revised with a reason', async ({ page }) => {
	let reason = '';
	await mockApi(page, {
		answers: {
			[`POST /api/cycles/${C1}/components/objectives/revise`]: async (route) => {
				reason = (route.request().postDataJSON() as { reason: string }).reason;
				return data({ ...components(C1)[2]!, status: 'needs_revision' })(route);
			}
		}
	});
	await page.goto(at('objectives', 'talk'));
	await page.locator('.acts').getByRole('button', { name: 'Revise' }).click();
	const dialog = page.getByRole('dialog');
	await expect(dialog.getByRole('button', { name: 'Revise' })).toBeDisabled();
	await dialog.getByLabel('Why?').fill('The team has grown');
	await dialog.getByRole('button', { name: 'Revise' }).click();
	await expect(page.locator('.work').getByText('Needs revision')).toBeVisible();
	expect(reason).toBe('The team has grown');
});

/** Replaces the stream by one that the test speaks through. */
async function streamOf(page: Page, onmessage: (socket: WebSocketRoute, frame: Record<string, unknown>) => void) {
	await page.routeWebSocket(/\/stream$/, (socket) => socket.onMessage((text) => onmessage(socket, JSON.parse(String(text)) as Record<string, unknown>)));
}

test('a reply is streamed and then read from the conversation', async ({ page }) => {
	const heard = conversation(tradeoffs);
	let asked = '';
	await mockApi(page, {
		answers: { [`GET /api/components/${tradeoffs.id}/conversation`]: (route) => data(heard)(route) }
	});
	await streamOf(page, (socket, frame) => {
		const message_id = String(frame['message_id']);
		asked = String(frame['content']);
		socket.send(JSON.stringify({ type: 'stream_chunk', message_id, index: 0, delta: 'You would **give', is_final: false }));
		heard.messages.push({ ...heard.messages[1]!, id: message_id, content: asked });
		heard.messages.push({ ...heard.messages[0]!, id: 'reply', content: 'You would **give up** room.' });
		setTimeout(() => socket.send(JSON.stringify({ type: 'stream_complete', message_id, full_content: 'You would **give up** room.' })), 400);
	});
	await page.goto(at('tradeoffs', 'talk'));
	const field = page.getByLabel('Your message');
	await field.fill('Baranov is small');
	await field.press('Shift+Enter');
	await field.pressSequentially('but near');
	await field.press('Enter');
	await expect(page.locator('.replying')).toContainText('You would');
	await expect(page.locator('.message.assistant strong', { hasText: 'give up' })).toBeVisible();
	await expect(page.locator('.replying')).toHaveCount(0);
	expect(asked).toBe('Baranov is small\nbut near');
	await expect(field).toHaveValue('');
});

test('without a socket the message goes over HTTP; what does not get through comes back', async ({ page }) => {
	let posts = 0;
	const ids = new Set<unknown>();
	await mockApi(page, {
		answers: {
			[`POST /api/components/${tradeoffs.id}/messages`]: async (route) => {
				posts += 1;
				ids.add((route.request().postDataJSON() as { message_id: string }).message_id);
				return posts === 1 ? problem(route, 503, 'service_unavailable', 'The server is busy.') : data({}, 201)(route);
			}
		}
	});
	await page.routeWebSocket(/\/stream$/, (socket) => socket.close());
	await page.goto(at('tradeoffs', 'talk'));
	const field = page.getByLabel('Your message');
	await field.fill('Do you hear me?');
	await field.press('Enter');
	await expect(page.getByRole('alert')).toContainText('The server is busy.', { timeout: 15_000 });
	await expect(field).toHaveValue('Do you hear me?');
	await field.press('Enter');
	await expect.poll(() => posts, { timeout: 15_000 }).toBe(2);
	expect(ids.size).toBe(1);
});

test('typed text survives a reload', async ({ page }) => {
	await mockApi(page);
	await page.goto(at('tradeoffs', 'talk'));
	await page.getByLabel('Your message').fill('half a thought');
	await page.reload();
	await expect(page.getByLabel('Your message')).toHaveValue('half a thought');
});

test('a draft is confirmed in one act, with what was picked and mended', async ({ page }) => {
	const heard = conversation(tradeoffs);
	let sent: { items: unknown[]; expected_version: number } | null = null;
	await mockApi(page, {
		answers: {
			[`GET /api/components/${tradeoffs.id}/conversation`]: (route) => data(sent ? { ...heard, draft: null } : heard)(route),
			[`POST /api/components/${tradeoffs.id}/draft/confirm`]: async (route) => {
				sent = route.request().postDataJSON();
				return data({ ...tradeoffs, version: 4 })(route);
			}
		}
	});
	await page.goto(at('tradeoffs', 'talk'));
	const draft = page.locator('.draft');
	await expect(draft.getByRole('checkbox')).toHaveCount(3);
	await expect(draft.getByRole('checkbox').nth(2)).not.toBeChecked();
	await draft.getByRole('checkbox').nth(1).uncheck();
	await draft.getByRole('checkbox').nth(2).check();
	await draft.getByRole('button', { name: /^Edit before confirming: “Easy/ }).click();
	await draft.getByLabel('Reason').fill('They write to us');
	await draft.getByRole('button', { name: 'Confirm 2 items' }).click();
	await expect(page.locator('.confirmed')).toContainText('2 items now count');
	await expect(page.locator('.confirmed')).toContainText('Suggested by AI');
	const [first, , third] = heard.draft!.items;
	expect(sent).toEqual({
		items: [first!.id, { id: third!.id, value: { ...(third!.value as object), reason: 'They write to us' } }],
		expected_version: 3
	});
	await expect(draft).toHaveCount(0);
});

test('what others do shows without a reload', async ({ page }) => {
	let live: WebSocketRoute | null = null;
	let title = 'Which office to rent';
	let done = false;
	const pongs: unknown[] = [];
	await mockApi(page, {
		answers: {
			[`GET /api/sessions/${S1}`]: (route) => data(session({ title }))(route),
			[`GET /api/cycles/${C1}`]: (route) => {
				const shown = cycle(C1);
				if (done) shown.components[5] = { ...shown.components[5]!, status: 'complete' };
				return data(shown)(route);
			},
			[`GET /api/sessions/${S1}/dashboard`]: (route) => data({ ...overview(C1), title, snapshotVersion: done ? 42 : 40 })(route)
		}
	});
	await page.routeWebSocket(/\/live$/, (socket) => {
		live = socket;
		socket.onMessage((text) => pongs.push(JSON.parse(String(text))));
		socket.send(JSON.stringify({ type: 'connected', data: {}, seq: 40, eventId: null, occurredAt: NOW, correlationId: null }));
	});
	await page.goto(at('tradeoffs', 'talk'));
	await expect(page.locator('.live.open')).toBeVisible();
	const frame = (seq: number, type: string, more: object) =>
		live!.send(JSON.stringify({ type, data: { sessionId: S1, ...more }, seq, eventId: `e${seq}`, occurredAt: NOW, correlationId: 'k' }));
	title = 'Where to work';
	frame(41, 'session.renamed', { oldTitle: 'Which office to rent', newTitle: title });
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Where to work');
	done = true;
	frame(42, 'component.completed', { cycleId: C1, componentType: 'tradeoffs', progress: { completed: 6, total: 9, percent: 66, currentStep: 'recommendation' } });
	await expect(page.locator('.steps li').nth(5)).toContainText('Complete');
	frame(45, 'component.completed', { cycleId: C1, componentType: 'tradeoffs' });
	await expect.poll(() => pongs).toContainEqual({ type: 'request.state', data: {} });
});

test('archiving waits a moment and can be undone', async ({ page }) => {
	await page.clock.install();
	let archived = 0;
	await mockApi(page, {
		answers: {
			[`DELETE /api/sessions/${S1}`]: (route) => {
				archived += 1;
				return route.fulfill({ status: 204 });
			}
		}
	});
	await page.goto(at('objectives', 'talk'));
	const archive = async () => {
		await page.getByRole('button', { name: 'More actions' }).click();
		await page.getByRole('menuitem', { name: 'Archive this decision' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Archive this decision' }).click();
	};
	await archive();
	await page.getByRole('button', { name: 'Undo' }).click();
	await page.clock.runFor(9000);
	expect(archived).toBe(0);
	await archive();
	await page.clock.runFor(9000);
	await expect.poll(() => archived).toBe(1);
});

test('a branch is made at a started step', async ({ page }) => {
	let body: unknown;
	await mockApi(page, {
		answers: {
			[`POST /api/cycles/${C1}/branch`]: async (route) => {
				body = route.request().postDataJSON();
				return data(cycle(C2), 201)(route);
			}
		}
	});
	await page.goto(at('alternatives', 'talk'));
	await page.getByRole('button', { name: 'Actions for the cycle “First cycle”' }).click();
	await page.getByRole('menuitem', { name: 'Branch from here…' }).click();
	const dialog = page.getByRole('dialog');
	await expect(dialog.getByLabel('Branch at')).toHaveValue('alternatives');
	await dialog.getByLabel('What if…').fill('We also look outside town');
	await dialog.getByRole('button', { name: 'Branch', exact: true }).click();
	await expect(page).toHaveURL(new RegExp(`cycle=${C2}`));
	expect(body).toEqual({ branch_point: 'alternatives', label: 'We also look outside town' });
});

test('a decision is made with its first cycle', async ({ page }) => {
	const calls: string[] = [];
	await mockApi(page, {
		answers: {
			'POST /api/sessions': (route) => {
				calls.push(JSON.stringify(route.request().postDataJSON()));
				return data(session(), 201)(route);
			},
			[`POST /api/sessions/${S1}/cycles`]: (route) => {
				calls.push('cycle');
				return data(cycle(C1), 201)(route);
			}
		}
	});
	await page.goto('/decisions');
	await page.locator('.letters').first().waitFor();
	await page.keyboard.press('n');
	await page.getByLabel('What is it about?').fill('  Which office to rent ');
	await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
	await expect(page).toHaveURL(new RegExp(`/decisions/${S1}\\?cycle=${C1}`));
	expect(calls).toEqual(['{"title":"Which office to rent"}', 'cycle']);
});

test('a damaged file is refused with the reason, a whole one opens', async ({ page }) => {
	await mockApi(page, { empty: true, answers: { 'POST /api/sessions/import': data(session(), 201) } });
	await page.goto('/decisions');
	await page.getByRole('button', { name: 'Import a decision from a file' }).click();
	const file = (text: string) => ({ name: 'decision.json', mimeType: 'application/json', buffer: Buffer.from(text) });
	await page.getByLabel(/^File/).setInputFiles(file('{"format":"althing.dec'));
	await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
	await expect(page.getByRole('alert')).toContainText('The file is damaged');
	await page.getByLabel(/^File/).setInputFiles(file('{"format":"althing.decision","format_version":1}'));
	await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
	await expect(page).toHaveURL(new RegExp(`/decisions/${S1}`));
});

test('the door leads back to the page that was asked for', async ({ page }) => {
	let signedIn = false;
	await mockApi(page, {
		signedIn: false,
		answers: {
			'GET /api/me': (route) =>
				signedIn ? data({ user: { first_name: 'A', last_name: 'L', email: 'a@example.org', id: 'u', instance_role: 'user' }, csrf_token: 't' })(route) : problem(route, 401, 'unauthenticated', 'Sign in first.'),
			'POST /api/auth/login': (route) => {
				const { password } = route.request().postDataJSON() as { password: string };
				if (password !== 'right') return problem(route, 401, 'invalid_credentials', 'E-mail or password is wrong.');
				signedIn = true;
				return data({ user: { first_name: 'A', last_name: 'L', email: 'a@example.org', id: 'u', instance_role: 'user' }, csrf_token: 't' })(route);
			}
		}
	});
	await page.goto(`/decisions/${S1}/activity`);
	await expect(page).toHaveURL(/\/sign-in\?return_to=/);
	await page.getByLabel('E-mail').fill('a@example.org');
	await page.getByLabel('Password').fill('wrong');
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page.getByRole('alert')).toContainText('E-mail or password is wrong.');
	await page.getByLabel('Password').fill('right');
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page).toHaveURL(`/decisions/${S1}/activity`);
	// An ordinary user sees no admin.
	await expect(page.getByRole('link', { name: 'Admin' })).toHaveCount(0);
});

test('a decision that is not there says so inside the frame', async ({ page }) => {
	await mockApi(page);
	await page.goto('/decisions/nothing');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
	await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
});

test('keys and the palette open steps', async ({ page }) => {
	await mockApi(page);
	await page.goto(at('tradeoffs', 'talk'));
	await page.locator('.draft').waitFor();
	await page.keyboard.press('3');
	await expect(page).toHaveURL(/step=objectives/);
	await page.keyboard.press(']');
	await expect(page).toHaveURL(/step=alternatives/);
	await page.keyboard.press('w');
	await expect(page).toHaveURL(/view=write/);
	await page.keyboard.press('Control+k');
	await page.getByRole('dialog').getByRole('combobox').fill('step 5');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/step=consequences/);
});
