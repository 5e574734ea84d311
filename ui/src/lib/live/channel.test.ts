import { describe, expect, it } from 'vitest';
import type { LiveFrame } from '$lib/api/types';
import { LiveChannel } from './channel';
import { FakeBrowser } from './fake-surroundings';
import type { SocketStatus } from './socket';

const connected = { type: 'connected', data: {}, seq: 5, eventId: null, occurredAt: '', correlationId: null };

function setUp(lastSeq: number | null = 5) {
	const browser = new FakeBrowser();
	const frames: LiveFrame[] = [];
	const statuses: SocketStatus[] = [];
	const channel = new LiveChannel({
		url: 'ws://test',
		lastSeq: () => lastSeq,
		onFrame: (frame) => frames.push(frame),
		onStatus: (status) => statuses.push(status),
		around: browser.around
	});
	channel.connect();
	browser.socket.accept();
	browser.socket.say(connected);
	return { browser, frames, statuses, channel };
}

describe('the live channel', () => {
	it('asks for nothing on the first connection', () => {
		const { browser, frames } = setUp();
		expect(browser.socket.sent).toEqual([]);
		expect(frames.map((frame) => frame.type)).toEqual(['connected']);
	});
	it('answers a ping', () => {
		const { browser, frames } = setUp();
		browser.socket.say({ ...connected, type: 'ping', data: { timestamp: 't' } });
		expect(browser.socket.sent).toEqual([{ type: 'pong', data: { timestamp: 't' } }]);
		expect(frames).toHaveLength(1);
	});
	it('resumes after a short absence', () => {
		const { browser } = setUp();
		browser.socket.drop();
		browser.pass(1000);
		browser.socket.accept();
		browser.socket.say(connected);
		expect(browser.socket.sent).toEqual([{ type: 'resume', data: { lastSeq: 5 } }]);
	});
	it('asks for the state after a long absence', () => {
		const { browser } = setUp();
		browser.socket.drop();
		browser.pass(20_000); // several tries, none accepted
		browser.socket.drop();
		browser.pass(30_000);
		browser.socket.accept();
		browser.socket.say(connected);
		expect(browser.socket.sent).toEqual([{ type: 'request.state', data: {} }]);
	});
	it('gives up after ten tries and comes back when asked', () => {
		const { browser, statuses, channel } = setUp();
		browser.socket.drop();
		for (let count = 0; count < 10; count++) {
			browser.pass(30_000);
			browser.socket.drop();
		}
		expect(statuses.at(-1)).toBe('gone');
		const before = browser.sockets.length;
		expect(before).toBe(11);
		browser.pass(600_000);
		expect(browser.sockets.length).toBe(before);
		channel.retryNow();
		browser.socket.accept();
		expect(statuses.at(-1)).toBe('open');
	});
	it('takes a minute of silence for a lost connection', () => {
		const { browser, statuses } = setUp();
		browser.pass(59_000);
		expect(statuses.at(-1)).toBe('open');
		browser.pass(2000);
		expect(statuses).toContain('waiting');
	});
	it('does not come back once closed', () => {
		const { browser, channel } = setUp();
		channel.close();
		browser.pass(600_000);
		expect(browser.sockets).toHaveLength(1);
	});
	it('ignores what is not a frame', () => {
		const { browser, frames } = setUp();
		browser.socket.onmessage?.({ data: 'no json' });
		browser.socket.say({ hello: 1 });
		browser.socket.say(null);
		expect(frames).toHaveLength(1);
	});
});
