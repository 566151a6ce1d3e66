import type { Mode } from '../../domain/bank/transaction.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';

export interface CustomerFacts {
  readonly currency: string;
  readonly ledgerRows: number;
  readonly latestOccurredMs: number;
  readonly mode: Mode;
}

/** A customer's committed facts; null if the ledger does not know the customer. */
export async function readCustomer(db: Queryable, customerId: string): Promise<CustomerFacts | null> {
  const { rows } = await db.query<CustomerFacts>(
    `SELECT currency, ledger_rows::float8 AS "ledgerRows", latest_occurred_ms::float8 AS "latestOccurredMs", mode
     FROM features.customers WHERE customer_id = $1::text`,
    [customerId],
  );
  return rows[0] ?? null;
}
