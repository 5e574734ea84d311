// Emmett's own side on SQLite.

import { inlineProjections } from '@event-driven-io/emmett';
import { getSQLiteEventStore, readMessagesBatch, sqliteConnection } from '@event-driven-io/emmett-sqlite';

export async function open(fileName, projecting) {
  const connection = sqliteConnection({ fileName });
  await connection.command(
    'CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, lines INTEGER NOT NULL, cents INTEGER NOT NULL)',
  );
  const upsert =
    'INSERT INTO orders VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE SET lines = lines + 1, cents = cents + excluded.cents';
  const orders = {
    name: 'orders',
    canHandle: ['LineAdded'],
    handle: async (events, context) => {
      for (const { data } of events) {
        await context.connection.command(upsert, [data.orderId, data.cents * data.quantity]);
      }
    },
  };
  const store = getSQLiteEventStore({
    fileName,
    projections: projecting ? inlineProjections([orders]) : [],
  });
  // A store shares one connection among its callers and closes it after each call, under the others
  // (SQLITE_MISUSE); several stores do not wait for one another (SQLITE_BUSY). So callers take turns.
  let last = Promise.resolve();
  const turn = (call) => {
    last = last.then(call);
    return last;
  };
  const { journal_mode } = await connection.querySingle('PRAGMA journal_mode');
  const { synchronous } = await connection.querySingle('PRAGMA synchronous');
  return {
    store,
    turn,
    settings: `defaults: journal_mode=${journal_mode}, synchronous=${synchronous}; callers take turns`,
    page: (after, batchSize) => readMessagesBatch(connection, { after, batchSize }),
    projected: async () => {
      const { lines } = await connection.querySingle('SELECT SUM(lines) AS lines FROM orders');
      return Number(lines);
    },
    close: async () => connection.close(),
  };
}
