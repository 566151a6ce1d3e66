import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { type CustomerRow, timeText } from './rows.ts';

/** Keeps the latest of each customer. No customer may come twice. */
export async function saveCustomers(tx: Transaction, customers: readonly CustomerRow[]): Promise<void> {
  await tx.prepared(
    'interventions.save-customers',
    `INSERT INTO interventions.customers (customer_id, last_decided_time, latest_risk_level)
     SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[])
     ON CONFLICT (customer_id) DO UPDATE
     SET last_decided_time = excluded.last_decided_time, latest_risk_level = excluded.latest_risk_level`,
    columns(
      customers,
      (row) => row.customerId,
      (row) => timeText(row.lastDecidedMs),
      (row) => row.riskLevel,
    ),
  );
}
