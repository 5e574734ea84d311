// The same work with Emmett on PostgreSQL or SQLite: one JSON line at the end.

import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CommandHandler } from '@event-driven-io/emmett';
// Its own side: postgresql/open.mjs or sqlite/open.mjs, laid beside this file where it is installed.
import { open } from './open.mjs';

const LINES = 10;
const WARM_UP = 500;
const NOTE =
  'to be wrapped as a present, with the card that lies beside it; leave it with the neighbours if nobody opens';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    work: { type: 'string', default: 'commands' },
    callers: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '3' },
    events: { type: 'string', default: '20000' },
  },
});
const work = values.work;
const seconds = Number(values.seconds);
const events = Number(values.events);

const line = (number) => ({
  sku: `SKU-${String(number).padStart(6, '0')}`,
  quantity: 1 + (number % 3),
  cents: 250 + number,
  note: NOTE,
});

const evolve = (order, { data }) => ({
  lines: order.lines + 1,
  cents: order.cents + data.cents * data.quantity,
});

const handle = CommandHandler({ evolve, initialState: () => ({ lines: 0, cents: 0 }) });

const decide = (orderId, number, limit) => (order) => {
  const added = line(number);
  if (order.lines >= limit) throw new Error('the order is full');
  if (added.quantity <= 0) throw new Error('nothing is ordered');
  return { type: 'LineAdded', data: { orderId, ...added } };
};

async function runCallers(side) {
  let commands = 0;
  const from = performance.now() + WARM_UP;
  const until = from + seconds * 1000;
  const taken = [];
  const caller = async () => {
    for (;;) {
      const orderId = randomUUID();
      for (let number = 0; number < LINES; number += 1) {
        const start = performance.now();
        if (start >= until) return;
        await side.turn(() => handle(side.store, orderId, decide(orderId, number, LINES)));
        commands += 1;
        const end = performance.now();
        if (end >= from && end < until) taken.push((end - start) * 1000);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.callers) }, caller));
  const projected = work === 'projection' ? await side.projected() : commands;
  if (projected !== commands) throw new Error(`the projection shows ${projected} of ${commands} events`);
  taken.sort((a, b) => a - b);
  return { done: taken.length, seconds, p50_us: taken[Math.floor(taken.length / 2)] ?? null };
}

async function runReplays(side) {
  for (let order = 0; order < events / 100; order += 1) {
    const orderId = randomUUID();
    const lines = Array.from({ length: 100 }, (_, number) => ({
      type: 'LineAdded',
      data: { orderId, ...line(number) },
    }));
    await side.store.appendToStream(orderId, lines);
  }
  const replay = async () => {
    let seen = 0;
    let pieces = 0;
    let after = 0n;
    for (;;) {
      const page = await side.page(after, 1000);
      if (page.messages.length === 0) return seen;
      for (const message of page.messages) pieces += message.data.quantity;
      seen += page.messages.length;
      after = page.currentGlobalPosition;
    }
  };
  await replay();
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < seconds * 1000) {
    const seen = await replay();
    if (seen !== events) throw new Error(`${seen} events of ${events}`);
    done += seen;
  }
  return { done, seconds: (performance.now() - start) / 1000, p50_us: null };
}

const side = await open(values.store, work === 'projection', evolve);
const report = work === 'replay' ? await runReplays(side) : await runCallers(side);
await side.close();
console.log(JSON.stringify({ ...report, settings: side.settings }));
