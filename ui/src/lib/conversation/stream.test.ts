import { describe, expect, it } from 'vitest';
import { FakeBrowser } from '$lib/live/fake-surroundings';
import { ReplyStream } from './stream';

function setUp() {
	const browser = new FakeBrowser();
	const heard: unknown[][] = [];
	const stream = new ReplyStream(
		'ws://test',
		{
			text: (id, text) => heard.push(['text', id, text]),
			complete: (id, text) => heard.push(['complete', id, text]),
			failed: (id, failure) => heard.push(['failed', id, failure.code, failure.recoverable]),
			extracted: () => heard.push(['extracted']),
			unreachable: (id, content) => heard.push(['unreachable', id, content])
		},
		browser.around
	);
	return { browser, heard, stream };
}
const chunk = (index: number, delta: string) => ({ type: 'stream_chunk', message_id: 'm1', index, delta, is_final: false });

describe('a streamed reply', () => {
	it('grows chunk by chunk and ends complete', () => {
		const { browser, heard, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.accept();
		expect(browser.socket.sent).toEqual([{ type: 'send_message', message_id: 'm1', content: 'Hello' }]);
		browser.socket.say(chunk(0, 'What '));
		browser.socket.say(chunk(1, 'matters?'));
		browser.socket.say({ type: 'stream_complete', message_id: 'm1', full_content: 'What matters?' });
		expect(heard).toEqual([
			['text', 'm1', 'What '],
			['text', 'm1', 'What matters?'],
			['complete', 'm1', 'What matters?']
		]);
		expect(stream.isBusy).toBe(false);
	});
	it('goes on after a lost connection with the text so far', () => {
		const { browser, heard, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.accept();
		browser.socket.say(chunk(0, 'What '));
		browser.socket.drop();
		browser.pass(1000);
		browser.socket.accept();
		expect(browser.socket.sent).toEqual([{ type: 'send_message', message_id: 'm1', content: 'Hello' }]);
		browser.socket.say(chunk(0, 'What matt'));
		browser.socket.say(chunk(1, 'ers?'));
		browser.socket.say(chunk(1, 'ers?'));
		expect(heard.at(-1)).toEqual(['text', 'm1', 'What matters?']);
	});
	it('falls back to HTTP when the socket cannot be opened', () => {
		const { browser, heard, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.drop();
		browser.pass(1000);
		browser.socket.drop();
		browser.pass(2000);
		expect(heard).toEqual([]);
		browser.socket.drop();
		expect(heard).toEqual([['unreachable', 'm1', 'Hello']]);
		stream.send('m2', 'Still there?');
		expect(heard).toHaveLength(2);
		browser.socket.accept();
		expect(browser.socket.sent).toEqual([]);
		stream.send('m3', 'Now?');
		expect(browser.socket.sent).toEqual([{ type: 'send_message', message_id: 'm3', content: 'Now?' }]);
	});
	it('says whether trying again helps', () => {
		const { browser, heard, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.accept();
		browser.socket.say({ type: 'stream_error', message_id: 'm1', error_code: 'rate_limited', error: 'slow down', recoverable: true });
		expect(heard).toEqual([['failed', 'm1', 'rate_limited', true]]);
	});
	it('ignores frames about other messages', () => {
		const { browser, heard, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.accept();
		browser.socket.say({ ...chunk(0, 'x'), message_id: 'other' });
		expect(heard).toEqual([]);
	});
	it('can be cancelled', () => {
		const { browser, stream } = setUp();
		stream.send('m1', 'Hello');
		browser.socket.accept();
		stream.cancel();
		expect(browser.socket.sent.at(-1)).toEqual({ type: 'cancel_stream', message_id: 'm1' });
	});
});
