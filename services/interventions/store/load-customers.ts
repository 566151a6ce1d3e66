import type { RiskLevel } from '../../domain/scoring/risk.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { type CustomerRow, msOf } from './rows.ts';

/** The latest of each customer that has a decision. */
export async function loadCustomers(
  db: Queryable,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, CustomerRow>> {
  const { rows } = await db.query<{ customer_id: string; last_decided_ms: number; risk_level: RiskLevel }>(
    `SELECT customer_id, ${msOf('last_decided_time')} AS last_decided_ms, latest_risk_level AS risk_level
     FROM interventions.customers WHERE customer_id = ANY ($1::text[])`,
    [customerIds],
  );
  return new Map(
    rows.map((row) => [
      row.customer_id,
      { customerId: row.customer_id, lastDecidedMs: row.last_decided_ms, riskLevel: row.risk_level },
    ]),
  );
}
