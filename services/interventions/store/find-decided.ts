import type { Queryable } from '../../platform/postgres/pool.ts';

/** Which of these predictions have a decision (I2). */
export async function findDecided(db: Queryable, predictionIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ prediction_id: string }>(
    'SELECT prediction_id FROM interventions.decisions WHERE prediction_id = ANY ($1::uuid[])',
    [predictionIds],
  );
  return new Set(rows.map((row) => row.prediction_id));
}
