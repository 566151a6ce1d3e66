/** Rows that the database refuses for what they hold (SQLSTATE classes 22 and 23): found by bisection, and dead-lettered. */
import { DeadLetter_Reason } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { findRefusedRows } from '../postgres/batch.ts';
import type { Pool, Transaction } from '../postgres/pool.ts';
import { classify, codeOf } from '../postgres/sqlstate.ts';

/** A key that is there already is another owner's work, or a defect of ours: never the record's fault. */
const UNIQUE_VIOLATION = '23505';

/**
 * The rows that made a transaction fail, at least one.
 *
 * @param tryRows tries some of them in a transaction that it rolls back, see triedOnly
 * @throws the cause itself where it is of another kind, or is no single row's: then it is ours, and the partition waits
 */
export async function findRefused<T>(
  rows: readonly T[],
  cause: unknown,
  tryRows: (rows: readonly T[]) => Promise<void>,
): Promise<readonly { readonly row: T; readonly cause: unknown }[]> {
  if (classify(cause) !== 'content' || codeOf(cause) === UNIQUE_VIOLATION) throw cause;
  const refused = await findRefusedRows(rows, tryRows);
  if (refused.length === 0) throw cause;
  return refused;
}

export function refusedByStore(cause: unknown) {
  const detail = `the database refused it: SQLSTATE ${codeOf(cause) ?? 'unknown'}`;
  return { kind: 'dead', reason: DeadLetter_Reason.REFUSED_BY_STORE, detail } as const;
}

class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

/** Runs fn in a transaction and rolls it back. @throws what fn throws */
export async function triedOnly(pool: Pool, fn: (tx: Transaction) => Promise<unknown>): Promise<void> {
  try {
    await pool.transaction(async (tx) => {
      await fn(tx);
      throw new RolledBack('only tried');
    });
  } catch (cause) {
    if (!(cause instanceof RolledBack)) throw cause;
  }
}
