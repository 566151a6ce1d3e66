import type { RiskLevel } from '../../domain/scoring/risk.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { timeText } from './rows.ts';

/** Decisions of one level and result. */
export interface DecisionCount {
  readonly riskLevel: RiskLevel;
  /** The intervention's type, or the reason against one. */
  readonly result: string;
  readonly isIntervention: boolean;
  readonly decisions: number;
  readonly latestDecidedMs: number;
}

/** How many customers a level won (or lost, below 0). */
export interface CustomerCount {
  readonly riskLevel: RiskLevel;
  readonly customers: number;
}

/** Adds to the counts of a shard. No level and result, and no level, may come twice. */
export async function addCounts(
  tx: Transaction,
  shard: number,
  decisions: readonly DecisionCount[],
  customers: readonly CustomerCount[],
): Promise<void> {
  await tx.prepared(
    'interventions.add-counts',
    `WITH by_customer AS (
       INSERT INTO interventions.customer_counts AS c (shard, risk_level, customers)
       SELECT $1::int2, risk_level, customers FROM unnest($7::text[], $8::int8[]) AS t (risk_level, customers)
       ON CONFLICT (shard, risk_level) DO UPDATE SET customers = c.customers + excluded.customers
     )
     INSERT INTO interventions.decision_counts AS c (shard, risk_level, result, is_intervention, decisions, latest_decided_time)
     SELECT $1::int2, * FROM unnest($2::text[], $3::text[], $4::boolean[], $5::int8[], $6::timestamptz[])
     ON CONFLICT (shard, risk_level, result) DO UPDATE
     SET decisions = c.decisions + excluded.decisions,
         latest_decided_time = greatest(c.latest_decided_time, excluded.latest_decided_time)`,
    [
      shard,
      ...columns(
        decisions,
        (row) => row.riskLevel,
        (row) => row.result,
        (row) => row.isIntervention,
        (row) => row.decisions,
        (row) => timeText(row.latestDecidedMs),
      ),
      ...columns(
        customers,
        (row) => row.riskLevel,
        (row) => row.customers,
      ),
    ],
  );
}
