import { riskRank } from '../../domain/scoring/risk.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { timeText } from './columns.ts';
import type { Prediction } from './prediction.ts';

const SQL = `
INSERT INTO scoring.latest_scores AS l (customer_id, prediction_id, observation_time, ledger_position, probability, risk_rank)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::float8[], $6::int[])
ON CONFLICT (customer_id) DO UPDATE SET prediction_id = excluded.prediction_id, observation_time = excluded.observation_time,
  ledger_position = excluded.ledger_position, probability = excluded.probability, risk_rank = excluded.risk_rank
WHERE (excluded.observation_time, excluded.ledger_position) >= (l.observation_time, l.ledger_position)`;

/** Moves the worklist to the latest of these scores: by observation time, then by ledger position. */
export async function upsertLatest(tx: Queryable, predictions: readonly Prediction[]): Promise<void> {
  const latest = latestOfEach(predictions);
  if (latest.length === 0) return;
  const params = columns(
    latest,
    (p) => p.customerId,
    (p) => p.predictionId,
    (p) => timeText(p.observationMs),
    (p) => p.ledgerPosition,
    (p) => p.probability,
    (p) => riskRank(p.riskLevel),
  );
  await tx.prepared('scoring-upsert-latest', SQL, params);
}

/** One a customer, in the order of customers, so that two batches cannot wait for each other. */
function latestOfEach(predictions: readonly Prediction[]): Prediction[] {
  const latest = new Map<string, Prediction>();
  for (const prediction of predictions) {
    const other = latest.get(prediction.customerId);
    if (other === undefined || isLater(prediction, other)) latest.set(prediction.customerId, prediction);
  }
  return [...latest.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1));
}

function isLater(a: Prediction, b: Prediction): boolean {
  if (a.observationMs !== b.observationMs) return a.observationMs > b.observationMs;
  return a.ledgerPosition >= b.ledgerPosition;
}
