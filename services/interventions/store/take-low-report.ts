import type { Transaction } from '../../platform/postgres/pool.ts';
import { msOf } from './rows.ts';

/** LOW decisions of a shard that are not reported yet. */
export interface LowReport {
  /** Of the shard's LOW decisions the ones numbered after + 1 to until. */
  readonly after: bigint;
  readonly until: bigint;
  /** Start of the latest second that one was decided at. */
  readonly secondMs: number;
}

/**
 * Takes what is counted and not reported; null: nothing. Whoever takes it holds the shard's row until the transaction ends, so
 * that no decision is in two reports.
 */
export async function takeLowReport(tx: Transaction, shard: number): Promise<LowReport | null> {
  const { rows } = await tx.query<{ after: bigint; until: bigint; second_ms: number }>(
    `INSERT INTO interventions.low_reports AS r (shard, reported_before, reported, latest_time)
     SELECT $1::int2, 0, sum(decisions)::int8, max(latest_decided_time) FROM interventions.decision_counts
     WHERE shard = $1::int2 AND risk_level = 'LOW' HAVING sum(decisions) > 0
     ON CONFLICT (shard) DO UPDATE
     SET reported_before = r.reported, reported = excluded.reported, latest_time = excluded.latest_time
     WHERE r.reported < excluded.reported
     RETURNING reported_before AS after, reported AS until, ${msOf("date_trunc('second', latest_time, 'UTC')")} AS second_ms`,
    [shard],
  );
  const row = rows[0];
  return row === undefined ? null : { after: row.after, until: row.until, secondMs: row.second_ms };
}
