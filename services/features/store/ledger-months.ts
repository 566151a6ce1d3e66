/** The ledger's months, as the partitions that they are. */
import { columns } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';

/** Months that the ledger has, oldest first, by their first day: "2026-01-01". */
export async function listLedgerMonths(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ month: string }>(
    `SELECT to_char(to_date(c.relname, '"ledger_"YYYY_MM'), 'YYYY-MM-DD') AS month
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'features.ledger'::regclass ORDER BY c.relname`,
  );
  return rows.map(({ month }) => month);
}

/** A customer of whom a month holds rows. */
export interface CustomerOfMonth {
  readonly customerId: string;
  readonly currency: string;
  readonly latestOccurredMs: number;
  /** The last n that the month holds. */
  readonly lastPosition: number;
  /** When the last of its rows was learned. */
  readonly learnedMs: number;
}

const IN_MONTH = `arrival_time >= $1::timestamptz AND arrival_time < $1::timestamptz + interval '1 month'`;

/** One step along the index, whatever the server guesses of the month. */
function nextCustomer(after: string): string {
  return `(SELECT customer_id FROM features.ledger WHERE ${IN_MONTH} AND customer_id > ${after} ORDER BY customer_id LIMIT 1)`;
}

/** Customers of a month behind a customer, in order. */
export async function readCustomersOfMonth(
  db: Queryable,
  month: string,
  after: string,
  limit: number,
): Promise<readonly CustomerOfMonth[]> {
  const { rows } = await db.query<CustomerOfMonth>(
    `WITH RECURSIVE page (customer_id) AS (
       SELECT ${nextCustomer('$2::text')}
       UNION ALL
       SELECT ${nextCustomer('page.customer_id')} FROM page WHERE page.customer_id IS NOT NULL
     )
     SELECT p.customer_id AS "customerId", c.currency, c.latest_occurred_ms::float8 AS "latestOccurredMs",
            m.last_position::float8 AS "lastPosition", m.learned_ms::float8 AS "learnedMs"
     FROM (SELECT * FROM page WHERE customer_id IS NOT NULL LIMIT $3::int4) p
     CROSS JOIN LATERAL (SELECT * FROM features.customers WHERE customer_id = p.customer_id OFFSET 0) c
     CROSS JOIN LATERAL (
       SELECT max(ledger_position) AS last_position, max(learned_ms) AS learned_ms FROM features.ledger
       WHERE customer_id = p.customer_id AND ${IN_MONTH}
     ) m
     ORDER BY p.customer_id`,
    [`${month}T00:00:00Z`, after, limit],
  );
  return rows;
}

/** What is to stand for a customer's first rows. */
export interface NewBase {
  readonly customerId: string;
  readonly position: number;
  readonly keptFromMs: number;
  readonly learnedMs: number;
  readonly content: Uint8Array;
}

/** Keeps the bases, each customer at most once; one that reaches as far stays. */
export async function saveBases(db: Queryable, bases: readonly NewBase[]): Promise<void> {
  if (bases.length === 0) return;
  await db.query(
    `INSERT INTO features.ledger_bases AS b (customer_id, ledger_position, kept_from_ms, learned_ms, content)
     SELECT customer_id, ledger_position, kept_from_ms, learned_ms, decode(content, 'base64')
     FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::text[])
       AS t (customer_id, ledger_position, kept_from_ms, learned_ms, content)
     ORDER BY customer_id
     ON CONFLICT (customer_id) DO UPDATE SET
       ledger_position = excluded.ledger_position, kept_from_ms = excluded.kept_from_ms,
       learned_ms = excluded.learned_ms, content = excluded.content
     WHERE b.ledger_position < excluded.ledger_position`,
    columns(
      bases,
      (base) => base.customerId,
      (base) => base.position,
      (base) => base.keptFromMs,
      (base) => base.learnedMs,
      (base) => Buffer.from(base.content).toString('base64'),
    ),
  );
}

/** Drops a month, whose rows bases must stand for, and counts what it held. */
export async function dropLedgerMonth(db: Queryable, month: string): Promise<void> {
  await db.query('SELECT features.drop_ledger_month($1::date)', [month]);
}

/** What a month that was dropped held; null: it was not dropped. */
export async function readDroppedMonth(db: Queryable, month: string): Promise<{ readonly rows: number } | null> {
  const { rows } = await db.query<{ rows: number }>(
    'SELECT ledger_rows::float8 AS rows FROM features.dropped_months WHERE month = $1::date',
    [month],
  );
  return rows[0] ?? null;
}
