import { occurredInBase } from '../domain/features/kept-ledger.ts';
import type { Queryable } from '../platform/postgres/pool.ts';
import { identity, type Knowledge, undoneBy, type ValidRecord } from './plan.ts';
import { type Identity, lookUpIds, lookUpReversed, type StoredId } from './store/look-up-ids.ts';
import { lookUpOccurred } from './store/look-up-occurred.ts';
import { readBases } from './store/read-bases.ts';

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
  const originals = reversals.flatMap(originalOf);
  const [stored, occurred, reversed] = await Promise.all([
    lookUpIds(db, [...own, ...originals]),
    // Only where the ledger does not keep everything is it asked how old an original is.
    lookUpOccurred(db, retentionMs === null ? [] : originals),
    lookUpReversed(
      db,
      reversals.map(({ customerId, row }) => ({ customerId, transactionId: row.transactionId })),
    ),
  ]);
  const ids = new Map(stored.map((id) => [identity(id.customerId, id.transactionId), id]));
  const occurredMs = new Map(occurred.map((id) => [identity(id.customerId, id.transactionId), id.occurredMs]));
  if (retentionMs !== null) await addGone(db, originals, ids, occurredMs);
  const reversedIds = new Set(reversed.map((id) => identity(id.customerId, id.transactionId)));
  return {
    retentionMs,
    id: (customerId, transactionId) => ids.get(identity(customerId, transactionId)),
    isReversed: (customerId, transactionId) => reversedIds.has(identity(customerId, transactionId)),
    occurredMs: (customerId, transactionId) => occurredMs.get(identity(customerId, transactionId)) ?? null,
    positionOf: (customerId, transactionId) => ids.get(identity(customerId, transactionId))?.ledgerPosition ?? null,
  };
}

/** Originals whose month was dropped: their bases know those that are not folded. */
async function addGone(
  db: Queryable,
  originals: readonly Identity[],
  ids: ReadonlyMap<string, StoredId>,
  occurredMs: Map<string, number>,
): Promise<void> {
  const gone = originals
    .map(({ customerId, transactionId }) => identity(customerId, transactionId))
    .flatMap((key) => (occurredMs.has(key) ? [] : (ids.get(key) ?? [])));
  const bases = await readBases(db, [...new Set(gone.map(({ customerId }) => customerId))]);
  for (const { customerId, transactionId, ledgerPosition } of gone) {
    const base = bases.get(customerId);
    const foundMs = base === undefined ? null : occurredInBase(base, ledgerPosition);
    if (foundMs !== null) occurredMs.set(identity(customerId, transactionId), foundMs);
  }
}

function originalOf({ customerId, row }: ValidRecord): readonly Identity[] {
  const transactionId = undoneBy(row);
  return transactionId === null ? [] : [{ customerId, transactionId }];
}
