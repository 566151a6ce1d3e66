import type { ContactChannel } from '../../domain/bank/profile.ts';
import type { Mode } from '../../domain/bank/transaction.ts';
import type { ActionLevel, InterventionType } from '../../domain/interventions/policy.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { msOf, type Personal } from './rows.ts';

/** An offer with the decision behind it, as it is published. */
export interface PublishedOffer {
  readonly position: bigint;
  readonly interventionId: string;
  readonly decisionId: string;
  readonly predictionId: string;
  readonly customerId: string;
  readonly mode: Mode;
  readonly riskLevel: ActionLevel;
  readonly interventionType: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly decidedMs: number;
  readonly expireMs: number;
  readonly policyVersion: string;
  readonly personal: Personal;
}

interface Row {
  readonly position: bigint;
  readonly intervention_id: string;
  readonly decision_id: string;
  readonly prediction_id: string;
  readonly customer_id: string;
  readonly mode: Mode;
  readonly risk_level: ActionLevel;
  readonly intervention_type: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly decided_ms: number;
  readonly expire_ms: number;
  readonly policy_version: string;
  readonly personal: Personal;
}

/** Up to `limit` offers of a shard after a position, in the order of positions. */
export async function readOffersAfter(
  db: Queryable,
  shard: number,
  position: bigint,
  limit: number,
): Promise<readonly PublishedOffer[]> {
  const { rows } = await db.query<Row>(
    `SELECT o.position, o.intervention_id, o.decision_id, d.prediction_id, o.customer_id, d.mode, o.risk_level,
       o.intervention_type, o.channel, o.priority, ${msOf('o.decided_time')} AS decided_ms,
       ${msOf('o.expire_time')} AS expire_ms, d.policy_version, d.personal
     FROM interventions.offers o
     CROSS JOIN LATERAL (SELECT * FROM interventions.decisions WHERE decision_id = o.decision_id OFFSET 0) d
     WHERE o.shard = $1::int2 AND o.position > $2::int8 ORDER BY o.position LIMIT $3::int4`,
    [shard, position, limit],
  );
  return rows.map((row) => ({
    position: row.position,
    interventionId: row.intervention_id,
    decisionId: row.decision_id,
    predictionId: row.prediction_id,
    customerId: row.customer_id,
    mode: row.mode,
    riskLevel: row.risk_level,
    interventionType: row.intervention_type,
    channel: row.channel,
    priority: row.priority,
    decidedMs: row.decided_ms,
    expireMs: row.expire_ms,
    policyVersion: row.policy_version,
    personal: row.personal,
  }));
}
