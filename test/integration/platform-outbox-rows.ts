/** An append-only table that is an outbox, as services have them: used by the tests of the outbox and their process. */
import type { EventProducer } from '../../services/platform/kafka/port.ts';
import { createRelay, type Relay, type RelayOptions } from '../../services/platform/outbox/relay.ts';
import { takePositions } from '../../services/platform/outbox/shards.ts';
import { columns } from '../../services/platform/postgres/batch.ts';
import type { Pool } from '../../services/platform/postgres/pool.ts';

export const ROWS_DDL = 'CREATE TABLE rows (position bigint PRIMARY KEY, n int NOT NULL)';
export const OUTBOX = 'rows';
export const ROWS_SCHEMA = 'features';

export interface Row {
  readonly position: bigint;
  readonly n: number;
}

export const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

/** Appends rows at the next positions in one transaction. */
export async function insertRows(
  pool: Pool,
  numbers: readonly number[],
): Promise<{ readonly first: bigint; readonly inserted: readonly Row[] }> {
  return await pool.transaction(async (tx) => {
    const first = await takePositions(tx, ROWS_SCHEMA, OUTBOX, 0, numbers.length);
    const inserted = numbers.map((n, place) => ({ position: first + BigInt(place), n }));
    await tx.query(
      'INSERT INTO rows SELECT * FROM unnest($1::int8[], $2::int[])',
      columns(
        inserted,
        (row) => row.position,
        (row) => row.n,
      ),
    );
    return { first, inserted };
  });
}

/** Publishes the rows to partition 0 of a topic, their position as the key. */
export function createRowsRelay(
  pool: Pool,
  producer: EventProducer,
  topic: string,
  o: Partial<RelayOptions<Row>> = {},
): Relay<Row> {
  return createRelay<Row>({
    scope: { log: silentLog },
    pool,
    schema: ROWS_SCHEMA,
    outbox: OUTBOX,
    shards: 1,
    readAfter: async (_, position, limit) =>
      (
        await pool.query<Row>('SELECT position, n FROM rows WHERE position > $1 ORDER BY position LIMIT $2', [
          position,
          limit,
        ])
      ).rows,
    toRecords: (rows) =>
      rows.map((row) => ({
        topic,
        partition: 0,
        key: Buffer.from(String(row.position)),
        value: Buffer.from(String(row.n)),
      })),
    producer,
    leaseMs: 400,
    pollMs: 20,
    ...o,
  });
}
