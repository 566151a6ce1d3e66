import type { RiskLevel } from '../../domain/scoring/risk.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import type { CustomerCount, DecisionCount } from './add-counts.ts';
import { msOf } from './rows.ts';

/** What is counted, over all shards. */
export interface Counts {
  readonly decisions: readonly DecisionCount[];
  readonly customers: readonly CustomerCount[];
}

interface DecisionCountRow {
  readonly risk_level: RiskLevel;
  readonly result: string;
  readonly is_intervention: boolean;
  readonly decisions: number;
  readonly latest_decided_ms: number;
}

/** Reads the counters only: some tens of rows, whatever was decided. */
export async function readCounts(db: Queryable): Promise<Counts> {
  const [decisions, customers] = await Promise.all([
    db.query<DecisionCountRow>(
      `SELECT risk_level, result, is_intervention, sum(decisions)::float8 AS decisions,
         ${msOf('max(latest_decided_time)')} AS latest_decided_ms
       FROM interventions.decision_counts GROUP BY risk_level, result, is_intervention ORDER BY risk_level, result`,
    ),
    db.query<{ risk_level: RiskLevel; customers: number }>(
      `SELECT risk_level, sum(customers)::float8 AS customers FROM interventions.customer_counts
       GROUP BY risk_level ORDER BY risk_level`,
    ),
  ]);
  return {
    decisions: decisions.rows.map((row) => ({
      riskLevel: row.risk_level,
      result: row.result,
      isIntervention: row.is_intervention,
      decisions: row.decisions,
      latestDecidedMs: row.latest_decided_ms,
    })),
    customers: customers.rows.map((row) => ({ riskLevel: row.risk_level, customers: row.customers })),
  };
}
