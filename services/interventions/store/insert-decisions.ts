import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { type DecisionRow, timeText } from './rows.ts';

/** Appends decisions in order. A prediction that has one already is an error: look first, under the fence of the offset. */
export async function insertDecisions(tx: Transaction, decisions: readonly DecisionRow[]): Promise<void> {
  await tx.prepared(
    'interventions.insert-decisions',
    `INSERT INTO interventions.decisions (decision_id, prediction_id, customer_id, mode, observation_time, decided_time,
       risk_level, eligibility, model_version, policy_version, profile_version, suppression_reason, personal, prediction_sha256)
     SELECT decision_id, prediction_id, customer_id, mode, observation_time, decided_time,
       risk_level, eligibility, model_version, policy_version, profile_version, suppression_reason, personal::json, prediction_sha256
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::int8[], $12::text[], $13::text[], $14::bytea[]) WITH ORDINALITY
       AS t (decision_id, prediction_id, customer_id, mode, observation_time, decided_time,
         risk_level, eligibility, model_version, policy_version, profile_version, suppression_reason, personal, prediction_sha256, n)
     ORDER BY n`,
    columns(
      decisions,
      (row) => row.decisionId,
      (row) => row.predictionId,
      (row) => row.customerId,
      (row) => row.mode,
      (row) => timeText(row.observationMs),
      (row) => timeText(row.decidedMs),
      (row) => row.riskLevel,
      (row) => row.eligibility,
      (row) => row.modelVersion,
      (row) => row.policyVersion,
      (row) => row.profileVersion,
      (row) => row.suppressionReason,
      (row) => JSON.stringify(row.personal),
      (row) => row.predictionSha256,
    ),
  );
}
