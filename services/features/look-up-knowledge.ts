import type { Queryable } from '../platform/postgres/pool.ts';
import { identity, type Knowledge, undoneBy, type ValidRecord } from './plan.ts';
import { type Identity, lookUpIds, lookUpReversed } from './store/look-up-ids.ts';

export interface LedgerKnowledge extends Omit<Knowledge, 'customer'> {
  /** Ledger position of a committed transaction; null: it has not come. */
  readonly positionOf: (customerId: string, transactionId: string) => number | null;
}

/** What the ledger knows of a batch's identities, and of those that it undoes: one look-up for the whole batch (I2). */
export async function lookUpKnowledge(
  db: Queryable,
  records: readonly ValidRecord[],
  retentionMs: number | null,
): Promise<LedgerKnowledge> {
  const own = records.map(({ customerId, row }) => ({ customerId, transactionId: row.transactionId }));
  const reversals = records.filter(({ row }) => undoneBy(row) !== null);
  const [stored, reversed] = await Promise.all([
    lookUpIds(db, [...own, ...reversals.flatMap(originalOf)]),
    lookUpReversed(
      db,
      reversals.map(({ customerId, row }) => ({ customerId, transactionId: row.transactionId })),
    ),
  ]);
  const ids = new Map(stored.map((id) => [identity(id.customerId, id.transactionId), id]));
  const reversedIds = new Set(reversed.map((id) => identity(id.customerId, id.transactionId)));
  return {
    retentionMs,
    id: (customerId, transactionId) => ids.get(identity(customerId, transactionId)),
    isReversed: (customerId, transactionId) => reversedIds.has(identity(customerId, transactionId)),
    positionOf: (customerId, transactionId) => ids.get(identity(customerId, transactionId))?.ledgerPosition ?? null,
  };
}

function originalOf({ customerId, row }: ValidRecord): readonly Identity[] {
  const transactionId = undoneBy(row);
  return transactionId === null ? [] : [{ customerId, transactionId }];
}
