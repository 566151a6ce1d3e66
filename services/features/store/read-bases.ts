import type { Queryable } from '../../platform/postgres/pool.ts';

/** The bases of those of the customers that have one, as bytes. */
export async function readBases(
  db: Queryable,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (customerIds.length === 0) return new Map();
  const { rows } = await db.query<{ customerId: string; content: Uint8Array }>(
    `SELECT b.customer_id AS "customerId", b.content FROM unnest($1::text[]) AS wanted (customer_id)
     CROSS JOIN LATERAL (SELECT * FROM features.ledger_bases WHERE customer_id = wanted.customer_id OFFSET 0) b`,
    [customerIds],
  );
  return new Map(rows.map((row) => [row.customerId, row.content]));
}
