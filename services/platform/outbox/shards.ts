/**
 * Positions of append-only tables that are an outbox (I5). A sequence is not in commit order; a counter that stays locked until
 * COMMIT is: whoever takes the next position waits until the one before has committed or rolled back, so a reader that sees a
 * position sees all before it, and a rolled back one leaves no gap.
 *
 * The cursor is a table of its own: its updates must not wait for writers, nor writers for it.
 */
import { identifier } from '../postgres/identifier.ts';
import type { Queryable, Transaction } from '../postgres/pool.ts';

/** Paste it into a migration; grant SELECT, INSERT, UPDATE on both to the run-time role. */
export const OUTBOX_DDL = `
CREATE TABLE outbox_shards (
  outbox text NOT NULL,
  shard int NOT NULL,
  -- Position of the last row stored; locked by a writer until it commits.
  last_position bigint NOT NULL,
  PRIMARY KEY (outbox, shard)
) WITH (fillfactor = 50);
CREATE TABLE outbox_cursors (
  outbox text NOT NULL,
  shard int NOT NULL,
  -- Position up to which the broker acknowledged.
  published_position bigint NOT NULL DEFAULT 0,
  -- Who publishes, until when; each taking raises the epoch.
  lease_owner text,
  lease_epoch bigint NOT NULL DEFAULT 0,
  lease_expires_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (outbox, shard)
) WITH (fillfactor = 50);`;

export interface OutboxShard {
  readonly outbox: string;
  readonly shard: number;
  readonly lastPosition: bigint;
  readonly publishedPosition: bigint;
}

/**
 * Takes `count` consecutive positions of a shard. Take them as late as can be, just before the rows that carry them are inserted
 * and the transaction commits: until then every other writer of the shard waits. Several shards: in ascending order.
 *
 * @returns the first of them; the first ever is 1
 */
export async function takePositions(
  tx: Transaction,
  schemaName: string,
  outbox: string,
  shard: number,
  count: number,
): Promise<bigint> {
  const schema = identifier(schemaName);
  const { rows } = await tx.prepared<{ first: bigint }>(
    `${schema}.take-positions`,
    `INSERT INTO ${schema}.outbox_shards AS s (outbox, shard, last_position) VALUES ($1::text, $2::int, $3::int8)
     ON CONFLICT (outbox, shard) DO UPDATE SET last_position = s.last_position + EXCLUDED.last_position
     RETURNING last_position - $3::int8 + 1 AS first, set_config('synchronous_commit', 'on', true)`,
    [outbox, shard, count],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${schema}.outbox_shards answered no position for ${outbox}/${shard}`);
  return row.first;
}

/** Every shard that has a row, with its cursor. */
export async function listOutboxes(db: Queryable, schemaName: string): Promise<readonly OutboxShard[]> {
  const schema = identifier(schemaName);
  const { rows } = await db.query<{ outbox: string; shard: number; last_position: bigint; published_position: bigint }>(
    `SELECT s.outbox, s.shard, s.last_position, coalesce(c.published_position, 0) AS published_position
     FROM ${schema}.outbox_shards s LEFT JOIN ${schema}.outbox_cursors c USING (outbox, shard)
     ORDER BY s.outbox, s.shard`,
  );
  return rows.map((row) => ({
    outbox: row.outbox,
    shard: row.shard,
    lastPosition: row.last_position,
    publishedPosition: row.published_position,
  }));
}

/** Last stored position of each shard of one outbox. */
export async function lastPositions(
  db: Queryable,
  schemaName: string,
  outbox: string,
): Promise<ReadonlyMap<number, bigint>> {
  const schema = identifier(schemaName);
  const { rows } = await db.prepared<{ shard: number; last_position: bigint }>(
    `${schema}.last-positions`,
    `SELECT shard, last_position FROM ${schema}.outbox_shards WHERE outbox = $1::text`,
    [outbox],
  );
  return new Map(rows.map((row) => [row.shard, row.last_position]));
}
