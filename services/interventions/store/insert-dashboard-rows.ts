import type { Transaction } from '../../platform/postgres/pool.ts';

/** Appends decisions above LOW to a shard of the outbox to dashboard-updates, at consecutive places from `firstPosition`. */
export async function insertDashboardRows(
  tx: Transaction,
  shard: number,
  firstPosition: bigint,
  decisionIds: readonly string[],
): Promise<void> {
  await tx.prepared(
    'interventions.insert-dashboard-rows',
    `INSERT INTO interventions.dashboard_rows (shard, position, decision_id)
     SELECT $1::int2, $2::int8 + n - 1, decision_id FROM unnest($3::uuid[]) WITH ORDINALITY AS t (decision_id, n)`,
    [shard, firstPosition, decisionIds],
  );
}
