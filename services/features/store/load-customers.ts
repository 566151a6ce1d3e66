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
  /** The window after the first `position` rows; null: there is none of this feature set. */
  readonly snapshot: { readonly position: number; readonly content: Uint8Array } | null;
  /** Rows after the snapshot, in n order. */
  readonly tail: readonly LedgerRow[];
}

type Selected = Omit<StoredCustomer, 'snapshot' | 'tail'> &
  LedgerRow & {
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
 * @throws Error if a tail has a gap: a month was dropped that no snapshot covers.
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
            s.ledger_position::float8 AS "snapshotPosition",
            CASE WHEN coalesce(l.ledger_position, s.ledger_position + 1) = s.ledger_position + 1 THEN s.content END
              AS "snapshotContent",
            l.ledger_position::float8 AS "ledgerPosition", ${LEDGER_COLUMNS}
     FROM features.customers c
     LEFT JOIN features.window_snapshots s
       ON s.customer_id = c.customer_id AND s.feature_set_version = $2::text AND s.ledger_position <= c.ledger_rows
     LEFT JOIN LATERAL (
       SELECT * FROM features.ledger t
       WHERE t.customer_id = c.customer_id AND t.ledger_position > coalesce(s.ledger_position, 0) OFFSET 0
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
  const { customerId, currency, ledgerRows, latestOccurredMs, mode, snapshotContent } = first;
  const snapshot = snapshotContent === null ? null : { position, content: snapshotContent };
  return { customerId, currency, ledgerRows, latestOccurredMs, mode, snapshot, tail };
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
