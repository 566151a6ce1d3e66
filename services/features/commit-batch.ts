/**
 * The one transaction of a batch: the offset with its counters, then identities, ledger and customers, then scoring's answer and
 * the dead letters (I1, I3, I4).
 *
 * The offset moves before scoring is asked: what a crash of the database took back (the commit is asynchronous) is missing from
 * what the batch was computed on, and only the offset tells. A prediction made of it would stand for ever. For the same reason
 * rows are written before scoring is asked: what the store refuses for what it holds is found before a prediction of it exists.
 * These statements go out together; what they answer is looked at before scoring is asked. All is committed after scoring answered.
 * The dead letters' positions come last, so that the lock on them is held as short as may be.
 */
import { insertDeadLetters, type Refusal, type WholeDeadLetter } from '../platform/dead-letters/store.ts';
import { FencedError, type PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import { type Pool, type Transaction, together } from '../platform/postgres/pool.ts';
import { movePosition } from '../platform/postgres/positions.ts';
import type { ComputedEntry } from './compute-batch.ts';
import { SCHEMA, SERVICE } from './names.ts';
import type { Scorer } from './score.ts';
import { insertLedger } from './store/insert-ledger.ts';
import { insertVectorConflicts } from './store/insert-vector-conflicts.ts';
import { type CustomerMove, moveCustomers } from './store/move-customers.ts';

/** What a batch comes to. entries + duplicates + refusals = its records. */
export interface BatchEffect {
  readonly entries: readonly ComputedEntry[];
  readonly moves: readonly CustomerMove[];
  readonly duplicates: number;
  readonly refusals: readonly Refusal[];
  /** Throws where the vectors were computed on profiles that do not stand; nothing is scored then. */
  readonly assertProfilesStand: () => Promise<void>;
}

export interface Committed {
  /** How many vectors differ from the one that stands. */
  readonly vectorConflicts: number;
  /** Dead letters that are new, for the relay. */
  readonly deadLetters: readonly WholeDeadLetter[];
}

export interface CommitDeps {
  readonly pool: Pool;
  readonly scorer: Scorer;
  readonly group: string;
}

/** @throws FencedError if the partition, or a customer, is another owner's by now */
export async function commitBatch(
  deps: CommitDeps,
  batch: PartitionBatch,
  effect: BatchEffect,
  signal: AbortSignal,
): Promise<Committed> {
  // Asynchronous: what a crash of the database takes back, it takes back with the offset (I3).
  return await deps.pool.transaction((tx) => commitIn(tx, deps, batch, effect, signal), { asyncCommit: true });
}

async function commitIn(
  tx: Transaction,
  deps: CommitDeps,
  batch: PartitionBatch,
  effect: BatchEffect,
  signal: AbortSignal,
): Promise<Committed> {
  const [, , moved] = await together(
    move(tx, deps.group, batch, effect),
    insertLedger(tx, effect.entries),
    moveCustomers(tx, effect.moves),
  );
  if (!moved) {
    throw new FencedError(`customers of ${batch.topic}/${batch.partition} are not where the batch found them`);
  }
  await effect.assertProfilesStand();
  crashPoint('before-score');
  const conflicts = await deps.scorer.score(effect.entries, signal);
  await insertVectorConflicts(tx, conflicts);
  crashPoint('after-score-before-commit');
  const deadLetters = await insertDeadLetters(tx, { schema: SCHEMA, service: SERVICE }, effect.refusals);
  crashPoint('after-move-before-commit');
  return { vectorConflicts: conflicts.length, deadLetters };
}

async function move(tx: Transaction, group: string, batch: PartitionBatch, effect: BatchEffect): Promise<void> {
  await movePosition(tx, {
    schema: SCHEMA,
    group,
    topic: batch.topic,
    partition: batch.partition,
    epoch: batch.epoch,
    from: batch.firstOffset,
    to: batch.nextOffset,
    accepted: effect.entries.length,
    duplicates: effect.duplicates,
    deadLetters: effect.refusals.length,
  });
}
