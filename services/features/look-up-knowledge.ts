import type { Queryable } from '../platform/postgres/pool.ts';
import { identity, type Knowledge, type ValidRecord } from './plan.ts';
import { lookUpIds, lookUpReversed } from './store/look-up-ids.ts';

/** What the ledger knows of a batch's identities, and of those that it reverses: one look-up for the whole batch (I2). */
export async function lookUpKnowledge(
  db: Queryable,
  records: readonly ValidRecord[],
  retentionMs: number | null,
): Promise<Omit<Knowledge, 'customer'>> {
  const own = records.map(({ customerId, row }) => ({ customerId, transactionId: row.transactionId }));
  const reversals = records.filter(({ row }) => row.reversesTransactionId !== null);
  const originals = reversals.map(({ customerId, row }) => ({
    customerId,
    transactionId: row.reversesTransactionId ?? '',
  }));
  const reversalIds = reversals.map(({ customerId, row }) => ({ customerId, transactionId: row.transactionId }));
  const [stored, reversed] = await Promise.all([
    lookUpIds(db, [...own, ...originals]),
    lookUpReversed(db, reversalIds),
  ]);
  const ids = new Map(stored.map((id) => [identity(id.customerId, id.transactionId), id]));
  const reversedIds = new Set(reversed.map((id) => identity(id.customerId, id.transactionId)));
  return {
    retentionMs,
    id: (customerId, transactionId) => ids.get(identity(customerId, transactionId)),
    isReversed: (customerId, transactionId) => reversedIds.has(identity(customerId, transactionId)),
  };
}
