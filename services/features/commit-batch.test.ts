import { expect, it } from 'vitest';
import { FencedError, type PartitionBatch } from '../platform/kafka/port.ts';
import type { Pool, Transaction } from '../platform/postgres/pool.ts';
import { type BatchEffect, commitBatch } from './commit-batch.ts';

const batch: PartitionBatch = {
  topic: 'transactions-stream',
  partition: 0,
  epoch: 3n,
  firstOffset: 10n,
  nextOffset: 10n,
  records: [],
  handedOverMs: 0,
  attempt: 2,
};
const nothing: BatchEffect = {
  ...{ entries: [], moves: [], duplicates: 0, refusals: [] },
  assertProfilesStand: async () => undefined,
};

/** A database in which the conditional move of the offset moves so many rows. */
function databaseThatMoves(count: number): Pool {
  const tx: Transaction = { query: async () => ({ rows: [], count: 0 }), prepared: async () => ({ rows: [], count }) };
  return { transaction: (fn: (tx: Transaction) => Promise<unknown>) => fn(tx) } as unknown as Pool;
}

it.each([
  [1, 1],
  [0, 0],
])('scoring is asked only on what the stored offset stands behind: %i rows moved, %i calls', async (moved, asked) => {
  // A crash of the database can take back the batch before: what was read since then lacks its rows, and its scores would stand.
  let calls = 0;
  const scorer = {
    async score() {
      calls += 1;
      return [];
    },
  };
  const deps = { pool: databaseThatMoves(moved), scorer, group: 'g' };
  const outcome = await commitBatch(deps, batch, nothing, new AbortController().signal).catch(
    (cause: unknown) => cause,
  );
  expect(outcome instanceof FencedError).toBe(moved === 0);
  expect(calls).toBe(asked);
});
