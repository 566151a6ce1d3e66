import type { Transaction } from '../../platform/postgres/pool.ts';
import { timeText } from './rows.ts';
import type { LowReport } from './take-low-report.ts';

/** Appends a report of LOW decisions to a shard of the outbox to dashboard-updates. */
export async function insertLowReport(
  tx: Transaction,
  shard: number,
  position: bigint,
  report: LowReport,
): Promise<void> {
  await tx.query(
    `INSERT INTO interventions.dashboard_rows (shard, position, low_after, low_until, low_time)
     VALUES ($1::int2, $2::int8, $3::int8, $4::int8, $5::timestamptz)`,
    [shard, position, report.after, report.until, timeText(report.secondMs)],
  );
}
