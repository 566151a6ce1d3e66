import type { LedgerRow } from '../../domain/bank/transaction.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { LEDGER_COLUMNS, ledgerRowOf } from './ledger-columns.ts';

/** A customer's first `count` committed rows, in n order; all of them where count is null. */
export async function readLedger(
  db: Queryable,
  customerId: string,
  count: number | null = null,
): Promise<readonly LedgerRow[]> {
  const { rows } = await db.query<LedgerRow>(
    `SELECT ${LEDGER_COLUMNS} FROM features.ledger l
     WHERE l.customer_id = $1::text AND ($2::float8 IS NULL OR l.ledger_position <= $2::float8)
     ORDER BY l.ledger_position`,
    [customerId, count],
  );
  return rows.map(ledgerRowOf);
}

/** The last n that was learned by a time; 0: none was. The ledger's own form of positionLearnedBy (domain/features/as-of.ts). */
export async function lastLearned(db: Queryable, customerId: string, byMs: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT coalesce(max(ledger_position), 0)::float8 AS n FROM features.ledger
     WHERE customer_id = $1::text AND learned_ms <= $2::int8`,
    [customerId, byMs],
  );
  return rows[0]?.n ?? 0;
}
