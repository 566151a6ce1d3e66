/**
 * Keeps the stored profiles up with customer-updates, in every instance. The position moves in the transaction that stores what
 * came before it; it is shared, since what one instance stored is there for all.
 */

import type { DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { insertDeadLetters } from '../platform/dead-letters/store.ts';
import type { KafkaConnection } from '../platform/kafka/kafka.ts';
import { createLogReader, type LogReader } from '../platform/kafka/log-reader.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { STORE, withAttempts } from './commit-batch.ts';
import type { ServiceMetrics } from './metrics.ts';
import { CUSTOMER_UPDATES, checkUpdates, storeUpdates } from './profiles.ts';
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

/** Stores what a stretch of one partition says, and how far it got. */
export async function storeRecords(
  { pool, codec, deadLetters, metrics }: Pick<ProfileReaderDeps, 'pool' | 'codec' | 'deadLetters' | 'metrics'>,
  partition: number,
  records: readonly IncomingRecord[],
  nextOffset: bigint,
): Promise<void> {
  const checked = await checkUpdates(codec, records);
  const { refusals, letters } = await pool.transaction(async (tx) => {
    const stored = await storeUpdates(tx, checked);
    await moveProfilePosition(tx, CUSTOMER_UPDATES.name, partition, nextOffset);
    const rows = await insertDeadLetters(tx, STORE, withAttempts(stored.refusals, 1));
    return { refusals: stored.refusals, letters: rows };
  });
  metrics.refused(refusals);
  deadLetters.offer(letters);
}
