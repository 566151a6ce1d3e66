import type { LedgerRow } from '../../domain/bank/transaction.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { LEDGER_COLUMNS, ledgerRowOf } from './ledger-columns.ts';

/** What stands for a customer's first rows, of which some are gone. */
export interface StoredBase {
  /** So many rows. */
  readonly position: number;
  readonly keptFromMs: number;
  readonly learnedMs: number;
  readonly content: Uint8Array;
}

export interface StoredLedger {
  readonly base: StoredBase | null;
  /** Rows behind the base, in n order. */
  readonly rows: readonly LedgerRow[];
}

interface Selected extends LedgerRow {
  readonly ledgerPosition: number | null;
  readonly basePosition: number | null;
  readonly keptFromMs: number;
  readonly learnedMs: number;
  readonly content: Uint8Array;
}

/**
 * A customer's first `count` committed rows as far as they are kept, all of them where count is null; in one statement, so that no month
 * is dropped between its parts.
 *
 * @throws Error where rows are missing that no base stands for
 */
export async function readKept(db: Queryable, customerId: string, count: number | null = null): Promise<StoredLedger> {
  const { rows } = await db.query<Selected>(
    `SELECT b.ledger_position::float8 AS "basePosition", b.kept_from_ms::float8 AS "keptFromMs",
            b.learned_ms::float8 AS "learnedMs",
            CASE WHEN coalesce(l.ledger_position, b.ledger_position + 1) = b.ledger_position + 1 THEN b.content END AS content,
            l.ledger_position::float8 AS "ledgerPosition", ${LEDGER_COLUMNS}
     FROM (SELECT $1::text COLLATE "C" AS customer_id) c
     LEFT JOIN features.ledger_bases b ON b.customer_id = c.customer_id
     LEFT JOIN LATERAL (
       SELECT * FROM features.ledger t
       WHERE t.customer_id = c.customer_id AND t.ledger_position > coalesce(b.ledger_position, 0)
         AND ($2::float8 IS NULL OR t.ledger_position <= $2::float8) OFFSET 0
     ) l ON true
     ORDER BY l.ledger_position`,
    [customerId, count],
  );
  const base = rows[0] === undefined ? null : baseOf(rows[0]);
  const kept = rows.filter((row) => row.ledgerPosition !== null);
  const last = kept.at(-1)?.ledgerPosition ?? base?.position ?? 0;
  if (last - (base?.position ?? 0) !== kept.length) {
    throw new Error(
      `the ledger holds ${kept.length} rows of a customer behind ${base?.position ?? 0} and up to ${last}`,
    );
  }
  return { base, rows: kept.map(ledgerRowOf) };
}

function baseOf({ basePosition, keptFromMs, learnedMs, content }: Selected): StoredBase | null {
  return basePosition === null ? null : { position: basePosition, keptFromMs, learnedMs, content };
}
