import type { SuppressionReason } from '../../domain/interventions/decide.ts';
import type { InterventionType } from '../../domain/interventions/policy.ts';
import type { RiskLevel } from '../../domain/scoring/risk.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { msOf, type Personal } from './rows.ts';

/** A decision above LOW, as a dashboard is told of it. */
export interface ReportedDecision {
  readonly kind: 'decision';
  readonly position: bigint;
  readonly decisionId: string;
  readonly customerId: string;
  readonly decidedMs: number;
  readonly riskLevel: RiskLevel;
  readonly personal: Personal;
  readonly result:
    | { readonly interventionId: string; readonly interventionType: InterventionType }
    | { readonly suppressionReason: SuppressionReason };
}

/** The LOW decisions of a shard that were counted since the report before. */
export interface ReportedLow {
  readonly kind: 'low';
  readonly position: bigint;
  readonly shard: number;
  /** Of the shard's LOW decisions the ones numbered after + 1 to until. */
  readonly after: bigint;
  readonly until: bigint;
  /** Start of the latest second that one was decided at. */
  readonly secondMs: number;
}

export type DashboardRow = ReportedDecision | ReportedLow;

interface Row {
  readonly position: bigint;
  readonly decision_id: string | null;
  readonly low_after: bigint;
  readonly low_until: bigint;
  readonly low_ms: number;
  readonly customer_id: string;
  readonly decided_ms: number;
  readonly risk_level: RiskLevel;
  readonly personal: Personal;
  readonly intervention_id: string;
  readonly intervention_type: InterventionType;
  readonly suppression_reason: SuppressionReason | null;
}

/** Up to `limit` rows of a shard after a position, in the order of positions. */
export async function readDashboardRowsAfter(
  db: Queryable,
  shard: number,
  position: bigint,
  limit: number,
): Promise<readonly DashboardRow[]> {
  const { rows } = await db.query<Row>(
    `SELECT r.position, r.decision_id, r.low_after, r.low_until, ${msOf('r.low_time')} AS low_ms, d.customer_id,
       ${msOf('d.decided_time')} AS decided_ms, d.risk_level, d.personal, o.intervention_id, o.intervention_type,
       d.suppression_reason
     FROM interventions.dashboard_rows r
     LEFT JOIN LATERAL (SELECT * FROM interventions.decisions WHERE decision_id = r.decision_id OFFSET 0) d ON true
     LEFT JOIN LATERAL (SELECT * FROM interventions.offers WHERE decision_id = r.decision_id OFFSET 0) o ON true
     WHERE r.shard = $1::int2 AND r.position > $2::int8 ORDER BY r.position LIMIT $3::int4`,
    [shard, position, limit],
  );
  return rows.map((row) => (row.decision_id === null ? lowOf(row, shard) : decisionOf(row, row.decision_id)));
}

function lowOf(row: Row, shard: number): ReportedLow {
  const { position, low_after: after, low_until: until, low_ms: secondMs } = row;
  return { kind: 'low', position, shard, after, until, secondMs };
}

function decisionOf(row: Row, decisionId: string): ReportedDecision {
  return {
    kind: 'decision',
    position: row.position,
    decisionId,
    customerId: row.customer_id,
    decidedMs: row.decided_ms,
    riskLevel: row.risk_level,
    personal: row.personal,
    result:
      row.suppression_reason === null
        ? { interventionId: row.intervention_id, interventionType: row.intervention_type }
        : { suppressionReason: row.suppression_reason },
  };
}
