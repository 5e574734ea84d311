// Emmett's own side on PostgreSQL.

import { dumbo, SQL } from '@event-driven-io/dumbo';
import { projections } from '@event-driven-io/emmett';
import {
  getPostgreSQLEventStore,
  postgreSQLRawSQLProjection,
  readMessagesBatch,
} from '@event-driven-io/emmett-postgresql';

export async function open(url, projecting) {
  const orders = postgreSQLRawSQLProjection({
    name: 'orders',
    canHandle: ['LineAdded'],
    init: () =>
      SQL`CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, lines BIGINT NOT NULL, cents BIGINT NOT NULL)`,
    evolve: ({ data }) =>
      SQL`INSERT INTO orders VALUES (${data.orderId}, 1, ${data.cents * data.quantity})
        ON CONFLICT (id) DO UPDATE SET lines = orders.lines + 1, cents = orders.cents + excluded.cents`,
  });
  const store = getPostgreSQLEventStore(url, {
    projections: projecting ? projections.inline([orders]) : [],
  });
  await store.schema.migrate();
  const pool = dumbo({ connectionString: url });
  return {
    store,
    turn: (call) => call(),
    settings: 'defaults: pool 10',
    page: (after, batchSize) => readMessagesBatch(pool.execute, { after, batchSize }),
    projected: async () => {
      const { rows } = await pool.execute.query(SQL`SELECT SUM(lines) AS lines FROM orders`);
      return Number(rows[0].lines);
    },
    close: async () => {
      await pool.close();
      await store.close();
    },
  };
}
