import type { Queryable } from '../../platform/postgres/pool.ts';
import { type PredictionRow, predictionFrom, SELECT_PREDICTION } from './columns.ts';
import type { Prediction } from './prediction.ts';

const SQL = `SELECT ${SELECT_PREDICTION} FROM scoring.predictions p WHERE p.prediction_id = $1::uuid`;

/** One prediction as it stands, or null. */
export async function readPrediction(db: Queryable, id: string, names: readonly string[]): Promise<Prediction | null> {
  const { rows } = await db.query<PredictionRow>(SQL, [id]);
  return rows[0] === undefined ? null : predictionFrom(rows[0], names);
}
