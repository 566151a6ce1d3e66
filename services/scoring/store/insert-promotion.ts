import type { Transaction } from '../../platform/postgres/pool.ts';
import { bytea } from './columns.ts';
import type { RegisteredModel, StoredPromotion } from './promotion.ts';

/** An act to record: the number follows from the record. */
export interface NewPromotion extends Pick<StoredPromotion, 'action' | 'actor' | 'reason' | 'gateReportSha256'> {
  readonly model: RegisteredModel;
  /** JSON as it was sent; null where the act has none. */
  readonly gateReport: Uint8Array | null;
  /** Number of the latest act that the one who acts has seen. */
  readonly after: number;
}

/** conflict: another act came first. altered: the version is registered with other files. */
export type Inserted = 'done' | 'conflict' | 'altered';

const REGISTER = `
INSERT INTO scoring.models (name, version, manifest_sha256, onnx_sha256, feature_set_version)
VALUES ($1::text, $2::text, decode($3::text, 'hex'), decode($4::text, 'hex'), $5::text)
ON CONFLICT (name, version) DO NOTHING`;

const SAME = `
SELECT 1 FROM scoring.models WHERE name = $1::text AND version = $2::text AND manifest_sha256 = decode($3::text, 'hex')`;

const INSERT = `
INSERT INTO scoring.promotions (promotion, action, name, version, actor, reason, gate_report, gate_report_sha256)
VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::text, $6::text, $7::bytea, decode($8::text, 'hex'))
ON CONFLICT (promotion) DO NOTHING`;

/** Registers the model, if it is not, and records the act. Nothing of a transaction that answers other than done may be committed. */
export async function insertPromotion(tx: Transaction, promotion: NewPromotion): Promise<Inserted> {
  const { name, version, manifestSha256, onnxSha256, featureSetVersion } = promotion.model;
  await tx.query(REGISTER, [name, version, manifestSha256, onnxSha256, featureSetVersion]);
  if ((await tx.query(SAME, [name, version, manifestSha256])).count !== 1) return 'altered';
  const { action, actor, reason, gateReport, gateReportSha256, after } = promotion;
  const report = gateReport === null ? null : bytea(gateReport);
  const params = [after + 1, action, name, version, actor, reason, report, gateReportSha256];
  return (await tx.query(INSERT, params)).count === 1 ? 'done' : 'conflict';
}
