import type { Queryable } from '../../platform/postgres/pool.ts';
import { type PredictionRow, predictionFrom, SELECT_PREDICTION } from './columns.ts';
import type { Prediction } from './prediction.ts';

/** The last row of the page before. */
export interface WorklistCursor {
  readonly probability: number;
  readonly customerId: string;
}

const SQL = `
SELECT ${SELECT_PREDICTION}
FROM scoring.latest_scores l JOIN scoring.predictions p USING (prediction_id)
WHERE l.risk_rank >= $1::int
  -- Where in the index a later page begins.
  AND ($2::float8 IS NULL OR l.probability <= $2::float8)
  AND ($2::float8 IS NULL OR l.probability < $2::float8 OR (l.probability = $2::float8 AND l.customer_id > $3::text))
ORDER BY l.probability DESC, l.customer_id
LIMIT $4::int`;

/** Latest scores at or above a rank, highest probability first, ties by customer; behind the cursor. */
export async function listHighRisk(
  db: Queryable,
  minRank: number,
  after: WorklistCursor | null,
  limit: number,
  names: readonly string[],
): Promise<Prediction[]> {
  const params = [minRank, after?.probability ?? null, after?.customerId ?? null, limit];
  const { rows } = await db.query<PredictionRow>(SQL, params);
  return rows.map((row) => predictionFrom(row, names));
}
