import type { Queryable } from '../../platform/postgres/pool.ts';

export interface Identity {
  readonly customerId: string;
  readonly transactionId: string;
}

export interface StoredId extends Identity {
  readonly contentSha256: string;
  /** The row that it undoes; null: none. */
  readonly undoes: string | null;
  readonly ledgerPosition: number;
}

/**
 * Those of the identities that the ledger holds (I2). One round trip for any number.
 *
 * Planned anew each time, as every look-up of this folder is: a plan that is kept from when the table was small reads it whole.
 */
export async function lookUpIds(db: Queryable, identities: readonly Identity[]): Promise<readonly StoredId[]> {
  if (identities.length === 0) return [];
  const { rows } = await db.query<StoredId>(
    `SELECT i.customer_id AS "customerId", i.transaction_id AS "transactionId",
            encode(i.content_sha256, 'hex') AS "contentSha256", i.undoes_transaction_id AS undoes,
            i.ledger_position::float8 AS "ledgerPosition"
     FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS wanted (customer_id, transaction_id)
     JOIN features.transaction_ids i
       ON i.customer_id = wanted.customer_id AND i.transaction_id = wanted.transaction_id`,
    [identities.map((id) => id.customerId), identities.map((id) => id.transactionId)],
  );
  return rows;
}

/** Those of the identities that an accepted row undoes, come or not yet come. */
export async function lookUpReversed(db: Queryable, identities: readonly Identity[]): Promise<readonly Identity[]> {
  if (identities.length === 0) return [];
  const { rows } = await db.query<Identity>(
    `SELECT DISTINCT i.customer_id AS "customerId", i.undoes_transaction_id AS "transactionId"
     FROM unnest($1::text[], $2::text[]) AS wanted (customer_id, transaction_id)
     JOIN features.transaction_ids i
       ON i.customer_id = wanted.customer_id AND i.undoes_transaction_id = wanted.transaction_id`,
    [identities.map((id) => id.customerId), identities.map((id) => id.transactionId)],
  );
  return rows;
}
