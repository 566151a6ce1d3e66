import type { Queryable } from '../../platform/postgres/pool.ts';

/**
 * The last n that was learned by a time; 0: none was, of the rows that the ledger still holds. The ledger's own form of positionLearnedBy
 * (domain/features/as-of.ts).
 */
export async function lastLearned(db: Queryable, customerId: string, byMs: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT coalesce(max(ledger_position), 0)::float8 AS n FROM features.ledger
     WHERE customer_id = $1::text AND learned_ms <= $2::int8`,
    [customerId, byMs],
  );
  return rows[0]?.n ?? 0;
}
