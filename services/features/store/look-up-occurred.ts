import type { Queryable } from '../../platform/postgres/pool.ts';
import type { Identity } from './look-up-ids.ts';

/** When those of the transactions that the ledger still holds occurred, milliseconds since the epoch. */
export async function lookUpOccurred(
  db: Queryable,
  identities: readonly Identity[],
): Promise<readonly (Identity & { readonly occurredMs: number })[]> {
  if (identities.length === 0) return [];
  const { rows } = await db.query<Identity & { occurredMs: number }>(
    `SELECT wanted.customer_id AS "customerId", wanted.transaction_id AS "transactionId",
            l.occurred_ms::float8 AS "occurredMs"
     FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS wanted (customer_id, transaction_id)
     JOIN features.transaction_ids i
       ON i.customer_id = wanted.customer_id AND i.transaction_id = wanted.transaction_id
     CROSS JOIN LATERAL (
       SELECT occurred_ms FROM features.ledger t
       WHERE t.customer_id = i.customer_id AND t.ledger_position = i.ledger_position OFFSET 0
     ) l`,
    [identities.map((id) => id.customerId), identities.map((id) => id.transactionId)],
  );
  return rows;
}
