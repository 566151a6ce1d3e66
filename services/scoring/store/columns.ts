/** The columns of scoring.predictions, once: to write, and to read back as a {@link Prediction}. */

import type { Mode } from '../../domain/bank/transaction.ts';
import type { Eligibility } from '../../domain/obligations/eligibility.ts';
import type { RiskLevel } from '../../domain/scoring/risk.ts';
import { vectorFromBytes, vectorToBytes } from '../../domain/scoring/vector-bytes.ts';
import type { Prediction, PredictionKind } from './prediction.ts';

/**
 * A prediction to store; one of kind past has no place in the outbox. Its position is told by how many places before the shard's last
 * one it lies, which the transaction took before: so the insert need not wait for what was taken.
 */
export interface Placed {
  readonly prediction: Prediction;
  readonly shard: number | null;
  readonly beforeLast: number | null;
}

interface Column {
  readonly name: string;
  /** PostgreSQL type of one value. */
  readonly type: string;
  readonly of: (row: Placed) => unknown;
}

const top = (index: number): readonly Column[] => [
  { name: `top_feature_${index + 1}`, type: 'text', of: ({ prediction }) => prediction.topFeatures[index]?.name },
  {
    name: `top_feature_${index + 1}_impact`,
    type: 'float8',
    of: ({ prediction }) => prediction.topFeatures[index]?.contribution,
  },
];

const of = (name: string, type: string, get: (prediction: Prediction) => unknown): Column => ({
  name,
  type,
  of: ({ prediction }) => get(prediction),
});

/** Every column but stored_time, which the server sets. */
export const PREDICTION_COLUMNS: readonly Column[] = [
  of('prediction_id', 'uuid', (p) => p.predictionId),
  of('customer_id', 'text', (p) => p.customerId),
  of('kind', 'text', (p) => p.kind),
  of('transaction_id', 'text', (p) => p.transactionId),
  of('observation_time', 'timestamptz', (p) => timeText(p.observationMs)),
  of('ledger_position', 'bigint', (p) => p.ledgerPosition),
  of('profile_version', 'bigint', (p) => p.profileVersion),
  of('feature_set_version', 'text', (p) => p.featureSetVersion),
  of('features', 'bytea', (p) => bytea(vectorToBytes(p.values))),
  of('contributions', 'bytea', (p) => bytea(vectorToBytes(p.contributions))),
  of('vector_sha256', 'bytea', (p) => `\\x${p.vectorSha256}`),
  of('features_known', 'int', (p) => p.featuresKnown),
  of('features_total', 'int', (p) => p.featuresTotal),
  of('base_value', 'float8', (p) => p.baseValue),
  of('margin', 'float8', (p) => p.margin),
  of('probability', 'float8', (p) => p.probability),
  of('horizon_days', 'int', (p) => p.horizonDays),
  of('risk_score', 'float8', (p) => p.riskScore),
  of('risk_level', 'text', (p) => p.riskLevel),
  of('eligibility', 'text', (p) => p.eligibility),
  of('mode', 'text', (p) => p.mode),
  of('model_name', 'text', (p) => p.modelName),
  of('model_version', 'text', (p) => p.modelVersion),
  of('model_sha256', 'bytea', (p) => `\\x${p.modelSha256}`),
  of('scoring_policy_version', 'text', (p) => p.scoringPolicyVersion),
  of('action_probability', 'float8', (p) => p.actionProbability),
  ...top(0),
  ...top(1),
  ...top(2),
  { name: 'shard', type: 'int', of: (row) => row.shard },
  { name: 'outbox_position', type: 'bigint', of: (row) => row.beforeLast },
  of('scheduled_send_time', 'timestamptz', (p) =>
    p.scheduledSendUs === null ? null : timeTextOfUs(p.scheduledSendUs),
  ),
];

/** One row as the driver gives it. */
export interface PredictionRow {
  readonly prediction_id: string;
  readonly customer_id: string;
  readonly kind: PredictionKind;
  readonly transaction_id: string | null;
  readonly observation_time: Date;
  readonly ledger_position: bigint;
  readonly profile_version: bigint;
  readonly feature_set_version: string;
  readonly features: Uint8Array;
  readonly contributions: Uint8Array;
  readonly vector_sha256: Uint8Array;
  readonly features_known: number;
  readonly features_total: number;
  readonly base_value: number;
  readonly margin: number;
  readonly probability: number;
  readonly horizon_days: number;
  readonly risk_score: number;
  readonly risk_level: RiskLevel;
  readonly eligibility: Eligibility;
  readonly mode: Mode;
  readonly model_name: string;
  readonly model_version: string;
  readonly model_sha256: Uint8Array;
  readonly scoring_policy_version: string;
  readonly action_probability: number;
  readonly top_feature_1: string | null;
  readonly top_feature_1_impact: number | null;
  readonly top_feature_2: string | null;
  readonly top_feature_2_impact: number | null;
  readonly top_feature_3: string | null;
  readonly top_feature_3_impact: number | null;
  readonly shard: number | null;
  readonly outbox_position: bigint | null;
  readonly scheduled_send_us: bigint | null;
}

/** The select list that {@link predictionFrom} reads. */
export const SELECT_PREDICTION = [
  ...PREDICTION_COLUMNS.map((column) => `p.${column.name}`),
  '(extract(epoch FROM p.scheduled_send_time) * 1000000)::bigint AS scheduled_send_us',
].join(', ');

/** The prediction in a row; `names` is the catalogue in order, from which the top features get their values. */
export function predictionFrom(row: PredictionRow, names: readonly string[]): Prediction {
  const values = vectorFromBytes(row.features);
  return {
    predictionId: row.prediction_id,
    kind: row.kind,
    customerId: row.customer_id,
    transactionId: row.transaction_id,
    observationMs: row.observation_time.getTime(),
    ledgerPosition: Number(row.ledger_position),
    profileVersion: Number(row.profile_version),
    featureSetVersion: row.feature_set_version,
    values,
    vectorSha256: Buffer.from(row.vector_sha256).toString('hex'),
    eligibility: row.eligibility,
    mode: row.mode,
    scheduledSendUs: row.scheduled_send_us,
    contributions: vectorFromBytes(row.contributions),
    baseValue: row.base_value,
    margin: row.margin,
    modelName: row.model_name,
    modelVersion: row.model_version,
    modelSha256: Buffer.from(row.model_sha256).toString('hex'),
    probability: row.probability,
    horizonDays: row.horizon_days,
    riskScore: row.risk_score,
    riskLevel: row.risk_level,
    scoringPolicyVersion: row.scoring_policy_version,
    actionProbability: row.action_probability,
    topFeatures: topFeaturesOf(row, values, names),
    featuresKnown: row.features_known,
    featuresTotal: row.features_total,
  };
}

function topFeaturesOf(row: PredictionRow, values: Float64Array, names: readonly string[]): Prediction['topFeatures'] {
  const stored = [
    [row.top_feature_1, row.top_feature_1_impact],
    [row.top_feature_2, row.top_feature_2_impact],
    [row.top_feature_3, row.top_feature_3_impact],
  ] as const;
  return stored.flatMap(([name, contribution]) =>
    name === null || contribution === null
      ? []
      : [{ name, value: values[names.indexOf(name)] ?? Number.NaN, contribution }],
  );
}

/** Bytes as PostgreSQL's hexadecimal text, which arrays of bytea take too. */
export function bytea(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** A time in ISO 8601, UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** A time in ISO 8601, UTC, to the microsecond. */
export function timeTextOfUs(us: bigint): string {
  const whole = new Date(Number(us / 1000n)).toISOString();
  return `${whole.slice(0, -1)}${String(us % 1000n).padStart(3, '0')}Z`;
}
