import { vectorToBytes } from '../../domain/scoring/vector-bytes.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { bytea, timeText } from './columns.ts';
import type { Refusal } from './prediction.ts';

const SQL = `
INSERT INTO scoring.refused (prediction_id, customer_id, transaction_id, observation_time, ledger_position, profile_version,
  feature_set_version, features, contributions, vector_sha256, base_value, margin, model_name, model_version, model_sha256, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[],
  $7::text[], $8::bytea[], $9::bytea[], $10::bytea[], $11::float8[], $12::float8[], $13::text[], $14::text[], $15::bytea[], $16::text[])
ON CONFLICT (prediction_id) DO NOTHING`;

/** Keeps vectors that may not be scored (I7), each with its reason. */
export async function insertRefusals(tx: Queryable, refusals: readonly Refusal[]): Promise<void> {
  if (refusals.length === 0) return;
  const params = columns(
    refusals,
    (r) => r.predictionId,
    (r) => r.customerId,
    (r) => r.transactionId,
    (r) => timeText(r.observationMs),
    (r) => r.ledgerPosition,
    (r) => r.profileVersion,
    (r) => r.featureSetVersion,
    (r) => bytea(vectorToBytes(r.values)),
    (r) => bytea(vectorToBytes(r.contributions)),
    (r) => `\\x${r.vectorSha256}`,
    (r) => r.baseValue,
    (r) => r.margin,
    (r) => r.modelName,
    (r) => r.modelVersion,
    (r) => `\\x${r.modelSha256}`,
    (r) => r.reason,
  );
  await tx.query(SQL, params);
}
