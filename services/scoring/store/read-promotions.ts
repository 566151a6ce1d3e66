import type { Promotion } from '../../domain/gates/promotions.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import type { StoredPromotion } from './promotion.ts';

interface Row {
  readonly promotion: bigint;
  readonly action: Promotion['action'];
  readonly name: string;
  readonly version: string;
  readonly actor: string;
  readonly reason: string;
  readonly gate_report_sha256: string | null;
  readonly promoted_time: Date;
  readonly manifest_sha256: string;
  readonly onnx_sha256: string;
  readonly feature_set_version: string;
}

const SQL = `
SELECT p.promotion, p.action, p.name, p.version, p.actor, p.reason, p.promoted_time,
  encode(p.gate_report_sha256, 'hex') AS gate_report_sha256,
  encode(m.manifest_sha256, 'hex') AS manifest_sha256, encode(m.onnx_sha256, 'hex') AS onnx_sha256, m.feature_set_version
FROM scoring.promotions p JOIN scoring.models m USING (name, version)
WHERE m.feature_set_version = $1::text
ORDER BY p.promotion`;

/** All acts about models of one feature set, in order. */
export async function readPromotions(db: Queryable, featureSetVersion: string): Promise<readonly StoredPromotion[]> {
  const { rows } = await db.query<Row>(SQL, [featureSetVersion]);
  return rows.map((row) => ({
    number: Number(row.promotion),
    action: row.action,
    name: row.name,
    version: row.version,
    manifestSha256: row.manifest_sha256,
    onnxSha256: row.onnx_sha256,
    featureSetVersion: row.feature_set_version,
    actor: row.actor,
    reason: row.reason,
    gateReportSha256: row.gate_report_sha256,
    promotedMs: row.promoted_time.getTime(),
  }));
}
