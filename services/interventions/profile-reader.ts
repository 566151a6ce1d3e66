/**
 * Keeps the stored profiles up with customer-updates, in every instance. The position moves in the transaction that stores what
 * came before it; it is shared, since what one instance stored is there for all.
 */

import type { DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { findRefused, refusedByStore, triedOnly } from '../platform/dead-letters/refused-by-store.ts';
import { insertDeadLetters } from '../platform/dead-letters/store.ts';
import type { KafkaConnection } from '../platform/kafka/kafka.ts';
import { createLogReader, type LogReader } from '../platform/kafka/log-reader.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import type { Refusal } from './check-record.ts';
import { STORE, withAttempts } from './commit-batch.ts';
import type { ServiceMetrics } from './metrics.ts';
import { type CheckedUpdate, CUSTOMER_UPDATES, checkUpdates, storeUpdates } from './profiles.ts';
import { moveProfilePosition, readProfilePositions } from './store/profile-positions.ts';

export interface ProfileReaderDeps {
  readonly scope: ServiceScope;
  readonly kafka: KafkaConnection;
  readonly pool: Pool;
  readonly codec: Pick<EventCodec, 'decode'>;
  readonly deadLetters: Pick<DeadLetterRelay, 'offer'>;
  readonly metrics: Pick<ServiceMetrics, 'refused'>;
}

/** Starts reading; it ends with the scope. */
export async function startProfileReader(deps: ProfileReaderDeps): Promise<LogReader> {
  const { scope, kafka, pool } = deps;
  const topic = CUSTOMER_UPDATES.name;
  const reader = await scope.acquire(
    'reader of customer-updates',
    () =>
      createLogReader({
        kafka,
        topic,
        positions: () => readProfilePositions(pool, topic),
        onRecords: (partition, records, nextOffset) => storeRecords(deps, partition, records, nextOffset),
        onFatal: scope.fatal,
      }),
    (open) => open.close(),
  );
  scope.liveness('customer-updates', () => reader.health());
  return reader;
}

type StoreDeps = Pick<ProfileReaderDeps, 'pool' | 'codec' | 'deadLetters' | 'metrics'>;

/** Stores what a stretch of one partition says, and how far it got; what the database refuses for what it holds is a dead letter. */
export async function storeRecords(
  deps: StoreDeps,
  partition: number,
  records: readonly IncomingRecord[],
  nextOffset: bigint,
): Promise<void> {
  let checked = await checkUpdates(deps.codec, records);
  for (;;) {
    const refused = await attempt(deps, partition, checked, nextOffset);
    if (refused.size === 0) return;
    checked = checked.map((one) => refused.get(one.record.offset) ?? one);
  }
}

/** @returns what the database refuses, by offset; nothing once committed */
async function attempt(
  { pool, deadLetters, metrics }: StoreDeps,
  partition: number,
  checked: readonly CheckedUpdate[],
  nextOffset: bigint,
): Promise<ReadonlyMap<bigint, Refusal>> {
  try {
    const { refusals, letters } = await pool.transaction(async (tx) => {
      const stored = await storeUpdates(tx, checked);
      await moveProfilePosition(tx, CUSTOMER_UPDATES.name, partition, nextOffset);
      const rows = await insertDeadLetters(tx, STORE, withAttempts(stored.refusals, 1));
      return { refusals: stored.refusals, letters: rows };
    });
    metrics.refused(refusals);
    deadLetters.offer(letters);
    return new Map();
  } catch (cause) {
    const accepted = checked.filter((one) => one.kind === 'ok');
    const refused = await findRefused(accepted, cause, (some) => triedOnly(pool, (tx) => storeUpdates(tx, some)));
    return new Map(
      refused.map((one) => [one.row.record.offset, { record: one.row.record, ...refusedByStore(one.cause) }]),
    );
  }
}
