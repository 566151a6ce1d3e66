import { columns } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';

/** The window of a customer after the first `position` committed rows. */
export interface WindowSnapshot {
  readonly customerId: string;
  readonly position: number;
  readonly content: Uint8Array;
}

/** Keeps the snapshots, unless a later one of the same feature set is there. Each customer at most once a call. */
export async function saveSnapshots(
  db: Queryable,
  snapshots: readonly WindowSnapshot[],
  featureSetVersion: string,
): Promise<void> {
  if (snapshots.length === 0) return;
  await db.query(
    `INSERT INTO features.window_snapshots AS s (customer_id, ledger_position, feature_set_version, content)
     SELECT customer_id, ledger_position, $4::text, decode(content, 'base64')
     FROM unnest($1::text[], $2::int8[], $3::text[]) AS t (customer_id, ledger_position, content)
     ON CONFLICT (customer_id) DO UPDATE SET
       ledger_position = excluded.ledger_position, feature_set_version = excluded.feature_set_version,
       content = excluded.content
     WHERE s.feature_set_version <> excluded.feature_set_version OR s.ledger_position < excluded.ledger_position`,
    [
      ...columns(
        snapshots,
        (s) => s.customerId,
        (s) => s.position,
        (s) => Buffer.from(s.content).toString('base64'),
      ),
      featureSetVersion,
    ],
  );
}
