import type { Queryable } from '../../platform/postgres/pool.ts';

/** Makes the ledger's partitions for the month of `fromMs` (UTC) and those after it; what exists stays. */
export async function ensureLedgerMonths(db: Queryable, fromMs: number, months: number): Promise<void> {
  await db.query('SELECT features.make_ledger_months(to_timestamp($1::float8 / 1000.0), $2::int)', [fromMs, months]);
}
