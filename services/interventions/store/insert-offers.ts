import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { type OfferRow, timeText } from './rows.ts';

/** Appends offers at consecutive places of a shard of their outbox, from `firstPosition`. */
export async function insertOffers(
  tx: Transaction,
  shard: number,
  firstPosition: bigint,
  offers: readonly OfferRow[],
): Promise<void> {
  await tx.prepared(
    'interventions.insert-offers',
    `INSERT INTO interventions.offers (shard, position, intervention_id, decision_id, customer_id, risk_level,
       intervention_type, channel, priority, decided_time, expire_time, escalates)
     SELECT $1::int2, $2::int8 + n - 1, intervention_id, decision_id, customer_id, risk_level,
       intervention_type, channel, priority, decided_time, expire_time, escalates
     FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int2[], $10::timestamptz[],
       $11::timestamptz[], $12::uuid[]) WITH ORDINALITY
       AS t (intervention_id, decision_id, customer_id, risk_level,
         intervention_type, channel, priority, decided_time, expire_time, escalates, n)`,
    [
      shard,
      firstPosition,
      ...columns(
        offers,
        (row) => row.interventionId,
        (row) => row.decisionId,
        (row) => row.customerId,
        (row) => row.riskLevel,
        (row) => row.interventionType,
        (row) => row.channel,
        (row) => row.priority,
        (row) => timeText(row.decidedMs),
        (row) => timeText(row.expireMs),
        (row) => row.escalates,
      ),
    ],
  );
}
