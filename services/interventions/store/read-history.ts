import type { SuppressionReason } from '../../domain/interventions/decide.ts';
import type { Eligibility } from '../../domain/obligations/eligibility.ts';
import type { RiskLevel } from '../../domain/scoring/risk.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { INTERVENTION_COLUMNS, type InterventionColumns, interventionOf } from './read-intervention.ts';
import { type Intervention, msOf, type Personal } from './rows.ts';

/** A decision with its offer as it stands. */
export interface DecisionRead {
  /** Rises with every decision of the customer. */
  readonly decisionNumber: bigint;
  readonly decisionId: string;
  readonly predictionId: string;
  readonly observationMs: number;
  readonly decidedMs: number;
  readonly riskLevel: RiskLevel;
  readonly eligibility: Eligibility;
  readonly modelVersion: string;
  readonly policyVersion: string;
  readonly personal: Personal;
  readonly result: Intervention | SuppressionReason;
}

interface HistoryRow extends InterventionColumns {
  readonly decision_number: bigint;
  readonly decision_id: string;
  readonly prediction_id: string;
  readonly observation_ms: number;
  readonly decided_ms: number;
  readonly decision_level: RiskLevel;
  readonly eligibility: Eligibility;
  readonly model_version: string;
  readonly policy_version: string;
  readonly personal: Personal;
  readonly suppression_reason: SuppressionReason | null;
}

/** Up to `limit` decisions of a customer, latest first, from below a decision number (null: from the latest). */
export async function readHistory(
  db: Queryable,
  customerId: string,
  below: bigint | null,
  limit: number,
): Promise<readonly DecisionRead[]> {
  const { rows } = await db.query<HistoryRow>(
    `SELECT d.decision_number, d.decision_id, d.prediction_id, d.eligibility, d.model_version, d.policy_version, d.personal,
       d.suppression_reason, d.risk_level AS decision_level, ${msOf('d.observation_time')} AS observation_ms,
       ${msOf('d.decided_time')} AS decided_ms, ${INTERVENTION_COLUMNS}
     FROM (
       SELECT * FROM interventions.decisions
       WHERE customer_id = $1::text AND ($2::int8 IS NULL OR decision_number < $2::int8)
       ORDER BY decision_number DESC LIMIT $3::int4
     ) d LEFT JOIN LATERAL (SELECT * FROM interventions.interventions WHERE decision_id = d.decision_id OFFSET 0) i ON true
     ORDER BY d.decision_number DESC`,
    [customerId, below, limit],
  );
  return rows.map(decisionOf);
}

function decisionOf(row: HistoryRow): DecisionRead {
  return {
    decisionNumber: row.decision_number,
    decisionId: row.decision_id,
    predictionId: row.prediction_id,
    observationMs: row.observation_ms,
    decidedMs: row.decided_ms,
    riskLevel: row.decision_level,
    eligibility: row.eligibility,
    modelVersion: row.model_version,
    policyVersion: row.policy_version,
    personal: row.personal,
    result: row.suppression_reason ?? interventionOf(row),
  };
}
