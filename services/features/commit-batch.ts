/**
 * The one transaction of a batch: identities, ledger, customers and dead letters, then scoring's answer, then the offset with its
 * counters (I1, I3, I4).
 *
 * Rows are written before scoring is asked and committed after it answered: what the store refuses for what it holds is
 * found before a prediction of it exists. The offset moves last, so that the lock on it is held as short as may be.
 */

import { FencedError, type PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import type { Pool, Transaction } from '../platform/postgres/pool.ts';
import { movePosition } from '../platform/postgres/positions.ts';
import type { ComputedEntry } from './compute-batch.ts';
import type { Scorer } from './score.ts';
import { insertLedger } from './store/insert-ledger.ts';
import { insertVectorConflicts } from './store/insert-vector-conflicts.ts';
import { type CustomerMove, moveCustomers } from './store/move-customers.ts';

/** What a batch comes to. accepted + duplicates + dead letters = its records. */
export interface BatchEffect {
  readonly entries: readonly ComputedEntry[];
  readonly moves: readonly CustomerMove[];
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Inserts the dead letters; the last thing before the offset moves. */
  readonly insertDeadLetters: (tx: Transaction) => Promise<void>;
}

export interface CommitDeps {
  readonly pool: Pool;
  readonly scorer: Scorer;
  readonly group: string;
}

/**
 * @returns how many vectors differ from the one that stands
 * @throws FencedError if the partition, or a customer, is another owner's by now
 */
export async function commitBatch(
  deps: CommitDeps,
  batch: PartitionBatch,
  effect: BatchEffect,
  signal: AbortSignal,
): Promise<number> {
  const { entries, moves } = effect;
  // Asynchronous: what a crash of the database takes back, it takes back with the offset (I3).
  return await deps.pool.transaction(
    async (tx) => {
      await insertLedger(tx, entries);
      if (!(await moveCustomers(tx, moves))) {
        throw new FencedError(`customers of ${batch.topic}/${batch.partition} are not where the batch found them`);
      }
      crashPoint('before-score');
      const conflicts = await deps.scorer.score(entries, signal);
      await insertVectorConflicts(tx, conflicts);
      crashPoint('after-score-before-commit');
      await effect.insertDeadLetters(tx);
      await movePosition(tx, {
        schema: 'features',
        group: deps.group,
        topic: batch.topic,
        partition: batch.partition,
        epoch: batch.epoch,
        from: batch.firstOffset,
        to: batch.nextOffset,
        accepted: entries.length,
        duplicates: effect.duplicates,
        deadLetters: effect.deadLetters,
      });
      crashPoint('after-move-before-commit');
      return conflicts.length;
    },
    { asyncCommit: true },
  );
}
