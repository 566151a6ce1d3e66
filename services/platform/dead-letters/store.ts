/**
 * Dead letters of a service: rows keyed by the record's origin, written in the transaction that moves the offset, and an outbox
 * to the dead-letters topic (I1, I5). Writing the same origin again changes nothing.
 */
import { DeadLetter_Reason } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { derivedId } from '../ids/derived-id.ts';
import type { IncomingRecord } from '../kafka/port.ts';
import { columns } from '../postgres/batch.ts';
import { identifier } from '../postgres/identifier.ts';
import type { Queryable, Transaction } from '../postgres/pool.ts';

/** Paste it into a migration after OUTBOX_DDL; grant SELECT, INSERT, UPDATE to the run-time role. */
export const DEAD_LETTERS_DDL = `
CREATE TABLE dead_letters (
  topic text NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  dead_letter_id uuid NOT NULL UNIQUE,
  -- Number of pde.events.v1.DeadLetter.Reason.
  reason int NOT NULL,
  detail text NOT NULL,
  attempts int NOT NULL,
  append_time timestamptz NOT NULL,
  original_key bytea,
  original_value bytea,
  recorded_time timestamptz NOT NULL DEFAULT now(),
  replay_time timestamptz,
  -- Place in the outbox to the dead-letters topic, shard 0.
  position bigint NOT NULL UNIQUE,
  PRIMARY KEY (topic, partition, log_offset)
);
CREATE INDEX dead_letters_of_reason ON dead_letters (reason, position);`;

/** Name of the outbox in outbox_shards; its only shard is 0. */
export const DEAD_LETTERS_OUTBOX = 'dead-letters';
export const DEAD_LETTERS_SHARD = 0;

const MAX_DETAIL = 500;

/** A record that is refused, and why. */
export interface Refusal {
  readonly record: IncomingRecord;
  readonly reason: DeadLetter_Reason;
  /** The field, bound or check that failed, without personal data. */
  readonly detail: string;
  /** How often processing was tried, from 1. */
  readonly attempts: number;
}

export interface StoredDeadLetter {
  readonly deadLetterId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: DeadLetter_Reason;
  readonly detail: string;
  readonly attempts: number;
  readonly appendTime: Date;
  readonly replayTime: Date | null;
  readonly valueBytes: number;
  readonly position: bigint;
}

export interface WholeDeadLetter extends StoredDeadLetter {
  readonly originalKey: Uint8Array | null;
  readonly originalValue: Uint8Array | null;
}

/** Id of what a service makes of a record. */
export function deadLetterId(service: string, topic: string, partition: number, offset: bigint): string {
  return derivedId('dead-letter', service, topic, String(partition), String(offset));
}

/**
 * Inserts refusals, as late in the transaction as can be; the transaction then commits synchronously (see takePositions for both).
 *
 * @returns rows that are new, for relay.offer; fewer than given where an origin was there already
 */
export async function insertDeadLetters(
  tx: Transaction,
  o: { readonly schema: string; readonly service: string },
  refusals: readonly Refusal[],
): Promise<readonly WholeDeadLetter[]> {
  if (refusals.length === 0) return [];
  const schema = identifier(o.schema);
  const { rows } = await tx.query<DeadLetterRow>(
    `WITH input AS (
       SELECT * FROM unnest($2::text[], $3::int[], $4::int8[], $5::uuid[], $6::int[], $7::text[], $8::int[],
                            $9::timestamptz[], $10::bytea[], $11::bytea[])
         WITH ORDINALITY AS i (topic, partition, log_offset, dead_letter_id, reason, detail, attempts, append_time,
                               original_key, original_value, n)
     ), fresh AS (
       SELECT i.*, row_number() OVER (ORDER BY i.n) AS place FROM input i
       WHERE NOT EXISTS (SELECT 1 FROM ${schema}.dead_letters d
                         WHERE (d.topic, d.partition, d.log_offset) = (i.topic, i.partition, i.log_offset))
     ), taken AS (
       INSERT INTO ${schema}.outbox_shards AS s (outbox, shard, last_position)
       SELECT $1::text, ${DEAD_LETTERS_SHARD}, count(*) FROM fresh
       ON CONFLICT (outbox, shard) DO UPDATE SET last_position = s.last_position + EXCLUDED.last_position
       RETURNING last_position - (SELECT count(*) FROM fresh) AS base, set_config('synchronous_commit', 'on', true)
     )
     INSERT INTO ${schema}.dead_letters (topic, partition, log_offset, dead_letter_id, reason, detail, attempts, append_time,
                                         original_key, original_value, position)
     SELECT topic, partition, log_offset, dead_letter_id, reason, detail, attempts, append_time, original_key, original_value,
            base + place
     FROM fresh, taken
     ON CONFLICT DO NOTHING
     RETURNING ${COLUMNS}, original_key, original_value`,
    [DEAD_LETTERS_OUTBOX, ...columnsOf(o.service, refusals)],
  );
  return rows.map(wholeOf).sort((a, b) => (a.position < b.position ? -1 : 1));
}

function columnsOf(service: string, refusals: readonly Refusal[]): unknown[] {
  return columns(
    refusals,
    ({ record }) => record.topic,
    ({ record }) => record.partition,
    ({ record }) => record.offset,
    ({ record }) => deadLetterId(service, record.topic, record.partition, record.offset),
    (refusal) => refusal.reason,
    (refusal) => plain(refusal.detail),
    (refusal) => refusal.attempts,
    ({ record }) => new Date(record.appendMs),
    ({ record }) => bytesOf(record.key),
    ({ record }) => bytesOf(record.value),
  );
}

/** Dead letters behind a position, in order: what the relay publishes. */
export async function readDeadLettersAfter(
  db: Queryable,
  schemaName: string,
  position: bigint,
  limit: number,
): Promise<readonly WholeDeadLetter[]> {
  const { rows } = await db.query<DeadLetterRow>(
    `SELECT ${COLUMNS}, original_key, original_value FROM ${identifier(schemaName)}.dead_letters
     WHERE position > $1::int8 ORDER BY position LIMIT $2::int`,
    [position, limit],
  );
  return rows.map(wholeOf);
}

/**
 * Latest first, without keys and values.
 *
 * @param before only those at positions below; null for the latest
 */
export async function listDeadLetters(
  db: Queryable,
  schemaName: string,
  o: { readonly before: bigint | null; readonly reason: DeadLetter_Reason | null; readonly limit: number },
): Promise<readonly StoredDeadLetter[]> {
  const { rows } = await db.query<DeadLetterRow>(
    `SELECT ${COLUMNS} FROM ${identifier(schemaName)}.dead_letters
     WHERE ($1::int8 IS NULL OR position < $1::int8) AND ($2::int IS NULL OR reason = $2::int)
     ORDER BY position DESC LIMIT $3::int`,
    [o.before, o.reason, o.limit],
  );
  return rows.map(storedOf);
}

/** One dead letter, or null. */
export async function readDeadLetter(db: Queryable, schemaName: string, id: string): Promise<WholeDeadLetter | null> {
  const { rows } = await db.query<DeadLetterRow>(
    `SELECT ${COLUMNS}, original_key, original_value FROM ${identifier(schemaName)}.dead_letters
     WHERE dead_letter_id = $1::uuid`,
    [id],
  );
  return rows[0] === undefined ? null : wholeOf(rows[0]);
}

/** Notes that a dead letter has been replayed. */
export async function markReplayed(db: Queryable, schemaName: string, id: string): Promise<void> {
  await db.query(
    `UPDATE ${identifier(schemaName)}.dead_letters SET replay_time = now() WHERE dead_letter_id = $1::uuid`,
    [id],
  );
}

const COLUMNS = `topic, partition, log_offset, dead_letter_id, reason, detail, attempts, append_time, replay_time, position,
  coalesce(length(original_value), 0) AS value_bytes`;

interface DeadLetterRow {
  topic: string;
  partition: number;
  log_offset: bigint;
  dead_letter_id: string;
  reason: number;
  detail: string;
  attempts: number;
  append_time: Date;
  replay_time: Date | null;
  position: bigint;
  value_bytes: number;
  original_key?: Buffer | null;
  original_value?: Buffer | null;
}

function storedOf(row: DeadLetterRow): StoredDeadLetter {
  return {
    deadLetterId: row.dead_letter_id,
    topic: row.topic,
    partition: row.partition,
    offset: row.log_offset,
    reason: row.reason as DeadLetter_Reason,
    detail: row.detail,
    attempts: row.attempts,
    appendTime: row.append_time,
    replayTime: row.replay_time,
    valueBytes: row.value_bytes,
    position: row.position,
  };
}

function wholeOf(row: DeadLetterRow): WholeDeadLetter {
  return { ...storedOf(row), originalKey: row.original_key ?? null, originalValue: row.original_value ?? null };
}

/** PostgreSQL's text holds no NUL, and a detail is a sentence. */
function plain(detail: string): string {
  return detail.replaceAll('\u0000', '').slice(0, MAX_DETAIL);
}

function bytesOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The name without its prefix, "INVALID_VALUE", as operators see it. */
export function reasonName(reason: DeadLetter_Reason): string {
  return Object.entries(DeadLetter_Reason).find(([, number]) => number === reason)?.[0] ?? String(reason);
}

/** The reason of a name, or null if there is none. */
export function reasonNamed(name: string): DeadLetter_Reason | null {
  return new Map<string, DeadLetter_Reason>(Object.entries(DeadLetter_Reason)).get(name) ?? null;
}
