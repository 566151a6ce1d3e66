/**
 * transactions-stream: one batch of one partition from fetched records to a moved offset.
 *
 * I1  accepted + duplicates + dead letters = the batch's records, and they move with the offset.
 * I2  identities are looked up once, before any vector.
 * I3  the batch takes its customers out of the cache; only its commit puts them back.
 * I4  scoring answers before the commit.
 *
 * Every fault that is not a record's own (database, registry, scoring, Kafka away) is thrown: the platform's consumer waits with
 * backoff and hands the batch over again. Nothing is dropped.
 */
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import type { TriggerPolicy } from '../domain/triggers/policy.ts';
import type { DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { findRefused, refusedByStore, triedOnly } from '../platform/dead-letters/refused-by-store.ts';
import type { Refusal } from '../platform/dead-letters/store.ts';
import type { ConsumerHandlers, PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { topicOf } from '../platform/topics/topics.ts';
import { type Checked, checkRecord } from './check-record.ts';
import { type BatchEffect, type Committed, commitBatch } from './commit-batch.ts';
import { type ComputedEntry, computeBatch } from './compute-batch.ts';
import type { CustomerCache } from './customer-cache.ts';
import type { CustomerState } from './customer-state.ts';
import { loadKeptLedger } from './kept-ledger.ts';
import type { LedgerMonths } from './ledger-months.ts';
import { type LedgerKnowledge, lookUpKnowledge } from './look-up-knowledge.ts';
import type { FeaturesMetrics } from './metrics.ts';
import { type PlacedRecord, planBatch } from './plan.ts';
import type { ProfileCache } from './profile-cache.ts';
import { createProfileCheck, dependsOnProfiles, type ProfileCheck, ProfilesCameError } from './profiles-stand.ts';
import type { Scorer } from './score.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';
import { insertLedger } from './store/insert-ledger.ts';
import type { CustomerMove } from './store/move-customers.ts';
import type { ProfileHistory } from './store/read-profiles.ts';
import { takeCustomers } from './take-customers.ts';

export interface ConsumerDeps {
  readonly pool: Pool;
  readonly codec: Pick<EventCodec, 'decode'>;
  readonly cache: CustomerCache;
  readonly profiles: ProfileCache;
  /** Resolves when every profile that was in the log at the moment of the call is stored. */
  readonly profilesCaughtUp: (signal: AbortSignal) => Promise<void>;
  readonly scorer: Scorer;
  readonly policy: TriggerPolicy;
  readonly months: LedgerMonths;
  readonly snapshots: SnapshotWriter;
  readonly deadLetters: Pick<DeadLetterRelay, 'offer'>;
  readonly metrics: FeaturesMetrics;
  readonly group: string;
  readonly retentionMs: number | null;
}

/** What the store refused, by offset. */
type Refusals = ReadonlyMap<bigint, Checked>;

const TRANSACTIONS = topicOf(Topic.TRANSACTIONS_STREAM);

export function createTransactionHandlers(deps: ConsumerDeps): ConsumerHandlers {
  return {
    async onBatch(batch, signal) {
      const checked = await deps.metrics.timed('decode', () => checkAll(deps, batch));
      await deps.months.ensure(batch.records.map((record) => record.appendMs));
      // Never asked before the batch was handed over: every profile its producer had acknowledged before it is in that log.
      const catchUp = () => deps.profilesCaughtUp(signal);
      let refusals: Refusals = new Map();
      for (let tries = 1; ; tries++) {
        const check = createProfileCheck(deps.profiles, catchUp, batch.records.length, tries > 1);
        const found = await attempt(deps, batch, checked, check, refusals, signal);
        if (found === null) return;
        refusals = new Map([...refusals, ...found]);
      }
    },
    onRevoked: (_topic, partition) => deps.cache.drop(partition),
  };
}

async function checkAll(deps: ConsumerDeps, batch: PartitionBatch): Promise<readonly Checked[]> {
  const checked = batch.records.map((record) => checkRecord(deps.codec, TRANSACTIONS, record));
  return checked.every(isAtOnce) ? checked : await Promise.all(checked);
}

function isAtOnce(checked: Checked | Promise<Checked>): checked is Checked {
  return !(checked instanceof Promise);
}

/**
 * Processes the batch without the refused records.
 *
 * @returns null once committed; else what the store refuses beside those, which is nothing where only profiles came meanwhile
 */
async function attempt(
  deps: ConsumerDeps,
  batch: PartitionBatch,
  checked: readonly Checked[],
  check: ProfileCheck,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Refusals | null> {
  const judged = batch.records.map((record, index) => refusals.get(record.offset) ?? checked[index]!);
  const valid = judged.flatMap((one) => (one.kind === 'valid' ? [one.record] : []));
  const customerIds = [...new Set(valid.map((record) => record.customerId))];

  const { knowledge, states, histories } = await deps.metrics.timed('look-up', async () => {
    const [known, taken, profiles] = await Promise.all([
      lookUpKnowledge(deps.pool, valid, deps.retentionMs),
      takeCustomers(deps.pool, deps.cache, customerIds, batch.epoch),
      check.beforeLoading().then(() => deps.profiles.load(customerIds)),
    ]);
    return { knowledge: { ...known, customer: (id: string) => taken.get(id) }, states: taken, histories: profiles };
  });
  const before = new Map([...states].map(([customerId, state]) => [customerId, state.ledgerRows]));
  const sorted = sort(batch, judged, planBatch(valid, knowledge));

  const entries = await deps.metrics.timed('compute', () =>
    compute(deps, batch, sorted.accepted, states, histories, knowledge.positionOf),
  );
  const standing = dependsOnProfiles(entries, histories) ? check.assertStand(histories) : Promise.resolve();
  standing.catch(() => undefined);
  const effect = {
    entries,
    moves: movesOf(entries, states, before, batch.partition),
    duplicates: sorted.duplicates,
    refusals: sorted.refusals,
    assertProfilesStand: () => standing,
  };
  assertAllCounted(batch, effect);
  crashPoint('after-vectors-before-commit');
  try {
    const done = await deps.metrics.timed('commit', () => commitBatch(deps, batch, effect, signal));
    afterCommit(deps, batch, states, effect, done);
    return null;
  } catch (cause) {
    if (cause instanceof ProfilesCameError) return new Map();
    const refused = await findRefused(entries, cause, (some) => triedOnly(deps.pool, (tx) => insertLedger(tx, some)));
    return new Map(refused.map((one) => [one.row.logOffset, refusedByStore(one.cause)]));
  }
}

interface Sorted {
  readonly accepted: readonly PlacedRecord[];
  readonly duplicates: number;
  readonly refusals: readonly Refusal[];
}

/** The batch by outcome. `outcomes` are those of the valid ones among `judged`, in order. */
function sort(batch: PartitionBatch, judged: readonly Checked[], outcomes: ReturnType<typeof planBatch>): Sorted {
  const accepted: PlacedRecord[] = [];
  const refusals: Refusal[] = [];
  let duplicates = 0;
  let next = 0;
  for (const [index, record] of batch.records.entries()) {
    const one = judged[index]!;
    const outcome = one.kind === 'dead' ? one : outcomes[next++]!;
    if (outcome.kind === 'dead') {
      refusals.push({ record, reason: outcome.reason, detail: outcome.detail, attempts: batch.attempt });
    } else if (outcome.kind === 'duplicate') duplicates += 1;
    else if (one.kind === 'valid') accepted.push(one.record);
  }
  return { accepted, duplicates, refusals };
}

async function compute(
  deps: ConsumerDeps,
  batch: PartitionBatch,
  accepted: readonly PlacedRecord[],
  states: Map<string, CustomerState>,
  histories: ReadonlyMap<string, ProfileHistory>,
  positionOf: LedgerKnowledge['positionOf'],
): Promise<readonly ComputedEntry[]> {
  return await computeBatch(accepted, {
    partition: batch.partition,
    policy: deps.policy,
    states,
    histories,
    readKept: async (customerId, currency) => (await loadKeptLedger(deps.pool, customerId, currency)).ledger,
    positionOf,
    onRebuild: deps.metrics.rebuilt,
  });
}

function movesOf(
  entries: readonly ComputedEntry[],
  states: ReadonlyMap<string, CustomerState>,
  before: ReadonlyMap<string, number>,
  topicPartition: number,
): readonly CustomerMove[] {
  const touched = new Set(entries.map((entry) => entry.customerId));
  return [...touched].map((customerId) => {
    const { currency, ledgerRows, latestOccurredMs, mode } = states.get(customerId)!;
    const fromRows = before.get(customerId) ?? 0;
    return {
      customerId,
      currency,
      fromRows,
      toRows: ledgerRows,
      topicPartition,
      latestOccurredMs,
      mode,
    };
  });
}

/** I1: the counters that move are the records between the offsets. */
function assertAllCounted(batch: PartitionBatch, { entries, duplicates, refusals }: BatchEffect): void {
  const counted = entries.length + duplicates + refusals.length;
  const span = batch.nextOffset - batch.firstOffset;
  if (BigInt(counted) === span) return;
  throw new Error(`${counted} records are counted and the offset would move by ${span}`);
}

function afterCommit(
  deps: ConsumerDeps,
  batch: PartitionBatch,
  states: ReadonlyMap<string, CustomerState>,
  effect: BatchEffect,
  done: Committed,
): void {
  crashPoint('after-commit');
  for (const state of states.values()) {
    deps.snapshots.offer(state);
    deps.cache.put(state, batch.partition, batch.epoch);
  }
  deps.deadLetters.offer(done.deadLetters);
  deps.metrics.batch({
    accepted: effect.entries.length,
    duplicates: effect.duplicates,
    triggered: effect.entries.filter((entry) => entry.triggered !== null).length,
    vectorConflicts: done.vectorConflicts,
  });
  for (const { reason } of effect.refusals) deps.metrics.deadLetter(reason);
}
