/**
 * Where a service stands in what it consumes (I3): one row per consumer group, topic and partition, in the service's own
 * schema. The offset moves in the transaction of its effect, from exactly the batch's first offset and under the epoch of the
 * ownership; the counters of I1 move with it.
 */
import { type ClaimedPartition, FencedError, type PositionStore } from '../kafka/port.ts';
import { identifier } from './identifier.ts';
import type { Pool, Queryable, Transaction } from './pool.ts';

/** Paste it into a migration; the schema is the search path's or written before the name. Grant SELECT, INSERT, UPDATE to the run-time role. */
export const POSITIONS_DDL = `
CREATE TABLE consumer_positions (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  -- Raised by every claim; a move under an older one is another owner's and is refused.
  epoch bigint NOT NULL,
  -- Where processing began; null until then.
  first_offset bigint,
  next_offset bigint,
  accepted bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  dead_letters bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (consumer_group, topic, partition)
);`;

export interface StoredPosition {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly nextOffset: bigint;
  readonly accepted: bigint;
  readonly duplicates: bigint;
  readonly deadLetters: bigint;
}

export interface Move {
  readonly schema: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly accepted: number;
  readonly duplicates: number;
  readonly deadLetters: number;
}

/** A store of positions in `<schema>.consumer_positions`. */
export function createPositionStore(pool: Pool, schemaName: string, group: string): PositionStore {
  const schema = identifier(schemaName);
  return {
    async claim(topic, partitions) {
      const { rows } = await pool.query<{ partition: number; epoch: bigint; next_offset: bigint | null }>(
        `INSERT INTO ${schema}.consumer_positions AS p (consumer_group, topic, partition, epoch)
         SELECT $1::text, $2::text, partition, 1 FROM unnest($3::int[]) AS partition ORDER BY partition
         ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET epoch = p.epoch + 1
         RETURNING partition, epoch, next_offset`,
        [group, topic, partitions],
      );
      return rows.map(
        (row): ClaimedPartition => ({ partition: row.partition, epoch: row.epoch, nextOffset: row.next_offset }),
      );
    },
    async begin(topic, partition, epoch, firstOffset) {
      const { count } = await pool.query(
        `UPDATE ${schema}.consumer_positions SET first_offset = $5::int8, next_offset = $5::int8
         WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset IS NULL`,
        [group, topic, partition, epoch, firstOffset],
      );
      if (count === 0) throw new FencedError(`${group}: ${topic}/${partition} has begun, or is another owner's`);
    },
  };
}

/**
 * Moves the offset and its counters (I1, I3).
 *
 * @throws FencedError if the position is not at `from` under `epoch`: another owner moved it. Roll back.
 */
export async function movePosition(tx: Transaction, m: Move): Promise<void> {
  const schema = identifier(m.schema);
  const { count } = await tx.prepared(
    `${schema}.move-position`,
    `UPDATE ${schema}.consumer_positions
     SET next_offset = $6::int8, accepted = accepted + $7::int8, duplicates = duplicates + $8::int8,
         dead_letters = dead_letters + $9::int8
     WHERE consumer_group = $1::text AND topic = $2::text AND partition = $3::int AND epoch = $4::int8
       AND next_offset = $5::int8`,
    [m.group, m.topic, m.partition, m.epoch, m.from, m.to, m.accepted, m.duplicates, m.deadLetters],
  );
  if (count !== 1) {
    throw new FencedError(`${m.group}: ${m.topic}/${m.partition} is not at ${m.from} under epoch ${m.epoch}`);
  }
}

/** Every partition that has begun, by group, topic and partition. */
export async function listPositions(db: Queryable, schemaName: string): Promise<readonly StoredPosition[]> {
  const { rows } = await db.query<PositionRow>(
    `SELECT topic, partition, first_offset, next_offset, accepted, duplicates, dead_letters
     FROM ${identifier(schemaName)}.consumer_positions WHERE next_offset IS NOT NULL
     ORDER BY consumer_group, topic, partition`,
  );
  return rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    firstOffset: row.first_offset,
    nextOffset: row.next_offset,
    accepted: row.accepted,
    duplicates: row.duplicates,
    deadLetters: row.dead_letters,
  }));
}

interface PositionRow {
  topic: string;
  partition: number;
  first_offset: bigint;
  next_offset: bigint;
  accepted: bigint;
  duplicates: bigint;
  dead_letters: bigint;
}
