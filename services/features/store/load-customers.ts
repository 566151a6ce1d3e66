import type { LedgerRow, Mode } from '../../domain/bank/transaction.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { LEDGER_COLUMNS, ledgerRowOf } from './ledger-columns.ts';

/** What is committed of a customer: facts, and the ledger as a derived snapshot with the tail behind it. */
export interface StoredCustomer {
  readonly customerId: string;
  readonly currency: string;
  readonly ledgerRows: number;
  readonly latestOccurredMs: number;
  readonly mode: Mode;
  /** The first so many rows are what the customer's base stands for; 0: there is none. */
  readonly basePosition: number;
  /** From when on everything is answered; -Infinity: always. */
  readonly keptFromMs: number;
  /** The window after the first `position` rows, as a snapshot of this feature set, else the base; null: there is neither. */
  readonly snapshot: { readonly position: number; readonly content: Uint8Array } | null;
  /** Rows after the snapshot, in n order. */
  readonly tail: readonly LedgerRow[];
}

type Selected = Omit<StoredCustomer, 'snapshot' | 'tail' | 'keptFromMs'> &
  LedgerRow & {
    readonly keptFromMs: number | null;
    readonly ledgerPosition: number | null;
    readonly snapshotPosition: number | null;
    readonly snapshotContent: Uint8Array | null;
  };

/**
 * All of these customers that the ledger knows, in one query. A snapshot from beyond the ledger's end is left out: a crash of the
 * database takes back ledger rows that were committed without waiting for the disk (I3), and may leave a snapshot of them.
 *
 * OFFSET 0 keeps the look-up of a customer's rows by index, whatever the server guesses of tables that it has not analysed.
 *
 * @throws Error if a tail has a gap: rows are missing that no base stands for.
 */
export async function loadCustomers(
  db: Queryable,
  customerIds: readonly string[],
  featureSetVersion: string,
): Promise<ReadonlyMap<string, StoredCustomer>> {
  if (customerIds.length === 0) return new Map();
  const { rows } = await db.query<Selected>(
    `SELECT c.customer_id AS "customerId", c.currency, c.ledger_rows::float8 AS "ledgerRows",
            c.latest_occurred_ms::float8 AS "latestOccurredMs", c.mode,
            coalesce(b.ledger_position, 0)::float8 AS "basePosition", b.kept_from_ms::float8 AS "keptFromMs",
            coalesce(s.ledger_position, b.ledger_position)::float8 AS "snapshotPosition",
            CASE WHEN coalesce(l.ledger_position, 0) IN (0, coalesce(s.ledger_position, b.ledger_position) + 1)
              THEN coalesce(s.content, b.content) END AS "snapshotContent",
            l.ledger_position::float8 AS "ledgerPosition", ${LEDGER_COLUMNS}
     FROM features.customers c
     LEFT JOIN features.ledger_bases b ON b.customer_id = c.customer_id
     LEFT JOIN features.window_snapshots s
       ON s.customer_id = c.customer_id AND s.feature_set_version = $2::text AND s.ledger_position <= c.ledger_rows
         AND s.ledger_position >= coalesce(b.ledger_position, 0)
     LEFT JOIN LATERAL (
       SELECT * FROM features.ledger t
       WHERE t.customer_id = c.customer_id AND t.ledger_position > coalesce(s.ledger_position, b.ledger_position, 0) OFFSET 0
     ) l ON true
     WHERE c.customer_id = ANY ($1::text[])
     ORDER BY c.customer_id, l.ledger_position`,
    [customerIds, featureSetVersion],
  );
  return new Map(groups(rows).map((group) => [group[0].customerId, customerOf(group)]));
}

function customerOf(group: readonly [Selected, ...Selected[]]): StoredCustomer {
  const [first] = group;
  const tail = group.filter((row) => row.ledgerPosition !== null).map(ledgerRowOf);
  const position = first.snapshotPosition ?? 0;
  if (position + tail.length !== first.ledgerRows) {
    throw new Error(
      `the ledger holds ${position + tail.length} rows of a customer and should hold ${first.ledgerRows}`,
    );
  }
  const { customerId, currency, ledgerRows, latestOccurredMs, mode, basePosition, snapshotContent } = first;
  const snapshot = snapshotContent === null ? null : { position, content: snapshotContent };
  const keptFromMs = first.keptFromMs ?? Number.NEGATIVE_INFINITY;
  return { customerId, currency, ledgerRows, latestOccurredMs, mode, basePosition, keptFromMs, snapshot, tail };
}

/** Neighbours of the same customer together. */
function groups(rows: readonly Selected[]): readonly [Selected, ...Selected[]][] {
  const out: [Selected, ...Selected[]][] = [];
  for (const row of rows) {
    const last = out.at(-1);
    if (last !== undefined && last[0].customerId === row.customerId) last.push(row);
    else out.push([row]);
  }
  return out;
}
