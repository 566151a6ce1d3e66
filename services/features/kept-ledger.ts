/** A customer's ledger as the domain takes it where its oldest rows may be gone. */
import type { KeptLedger } from '../domain/features/kept-ledger.ts';
import { isReversal } from '../domain/features/records.ts';
import type { Queryable } from '../platform/postgres/pool.ts';
import { lookUpIds } from './store/look-up-ids.ts';
import { readKept, type StoredLedger } from './store/read-kept.ts';

/** All that is kept of a customer, or of its first `count` rows. */
export async function loadKeptLedger(
  db: Queryable,
  customerId: string,
  currency: string,
  count: number | null = null,
): Promise<{ readonly stored: StoredLedger; readonly ledger: KeptLedger }> {
  const stored = await readKept(db, customerId, count);
  const { base, rows } = stored;
  const positions = base === null ? new Map<string, number>() : await positionsOfGone(db, customerId, stored);
  const ledger = { currency, base: base?.content ?? null, rows, goneAt: (id: string) => positions.get(id) ?? null };
  return { stored, ledger };
}

/** Positions of what the rows undo and that is not among them. */
async function positionsOfGone(
  db: Queryable,
  customerId: string,
  { rows }: StoredLedger,
): Promise<Map<string, number>> {
  const own = new Set(rows.map((row) => row.transactionId));
  const originals = rows.filter(isReversal).map((row) => row.reversesTransactionId!);
  const gone = originals.filter((id) => !own.has(id));
  const found = await lookUpIds(
    db,
    gone.map((transactionId) => ({ customerId, transactionId })),
  );
  return new Map(found.map((id) => [id.transactionId, id.ledgerPosition]));
}
