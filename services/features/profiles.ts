/** Keeps what customer-updates brings: in every instance, from the first record that no instance has stored yet. */
import type { DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { findRefused, refusedByStore, triedOnly } from '../platform/dead-letters/refused-by-store.ts';
import { insertDeadLetters, type WholeDeadLetter } from '../platform/dead-letters/store.ts';
import type { KafkaConnection } from '../platform/kafka/kafka.ts';
import { createLogReader, type LogReader } from '../platform/kafka/log-reader.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { Pool, Transaction } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import type { FeaturesMetrics } from './metrics.ts';
import { SCHEMA, SERVICE } from './names.ts';
import type { ProfileCache } from './profile-cache.ts';
import { type CheckedUpdate, CUSTOMER_UPDATES, checkUpdate, planUpdates, type UpdatePlan } from './profile-updates.ts';
import {
  endStops,
  insertProfiles,
  insertStops,
  lookUpProfileDigests,
  moveProfilePosition,
  type ProfileVersion,
  readProfilePositions,
} from './store/store-profiles.ts';

export interface ProfileDeps {
  readonly pool: Pool;
  readonly codec: Pick<EventCodec, 'decode'>;
  readonly cache: ProfileCache;
  readonly deadLetters: Pick<DeadLetterRelay, 'offer'>;
  readonly metrics: Pick<FeaturesMetrics, 'deadLetter' | 'profiles'>;
}

/** Reads the topic in this instance. caughtUp() is what a batch of transactions waits for before its vectors. */
export function createProfileReader(
  kafka: KafkaConnection,
  deps: ProfileDeps,
  onFatal: (cause: unknown) => void,
): LogReader {
  return createLogReader({
    kafka,
    topic: CUSTOMER_UPDATES.name,
    positions: () => readProfilePositions(deps.pool, CUSTOMER_UPDATES.name),
    onRecords: createProfileHandler(deps),
    onFatal,
  });
}

/** Stores the records of one partition with the position behind them, then drops what the cache holds of their customers. */
export function createProfileHandler(deps: ProfileDeps) {
  return async (partition: number, records: readonly IncomingRecord[], nextOffset: bigint): Promise<void> => {
    let checked = await Promise.all(records.map((record) => checkUpdate(deps.codec, record)));
    for (;;) {
      const refused = await attempt(deps, partition, records, checked, nextOffset);
      if (refused.size === 0) return;
      checked = checked.map((one) => (one.kind === 'snapshot' ? (refused.get(one.version) ?? one) : one));
    }
  };
}

/** @returns what the database refuses, by version; nothing once committed */
async function attempt(
  deps: ProfileDeps,
  partition: number,
  records: readonly IncomingRecord[],
  checked: readonly CheckedUpdate[],
  nextOffset: bigint,
): Promise<ReadonlyMap<ProfileVersion, CheckedUpdate>> {
  const versions = checked.flatMap((one) => (one.kind === 'snapshot' ? [one.version] : []));
  const keys = versions.map((one) => one.profile);
  try {
    const { plan, deadLetters } = await deps.pool.transaction(async (tx) => {
      const planned = planUpdates(records, checked, await lookUpProfileDigests(tx, keys));
      return { plan: planned, deadLetters: await store(tx, planned, partition, nextOffset) };
    });
    deps.cache.forget(plan.customerIds);
    deps.deadLetters.offer(deadLetters);
    deps.metrics.profiles(plan.versions.length);
    for (const { reason } of deadLetters) deps.metrics.deadLetter(reason);
    return new Map();
  } catch (cause) {
    const refused = await findRefused(versions, cause, (some) =>
      triedOnly(deps.pool, (tx) => insertProfiles(tx, some)),
    );
    return new Map(refused.map((one) => [one.row, refusedByStore(one.cause)]));
  }
}

async function store(
  tx: Transaction,
  plan: UpdatePlan,
  partition: number,
  nextOffset: bigint,
): Promise<readonly WholeDeadLetter[]> {
  await insertProfiles(tx, plan.versions);
  await insertStops(tx, plan.stops);
  await endStops(tx, plan.snapshots);
  await moveProfilePosition(tx, CUSTOMER_UPDATES.name, partition, nextOffset);
  const refusals = plan.dead.map((dead) => ({ ...dead, attempts: 1 }));
  return await insertDeadLetters(tx, { schema: SCHEMA, service: SERVICE }, refusals);
}
