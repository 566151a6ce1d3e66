import type { Queryable } from '../../platform/postgres/pool.ts';

/** Which of these predictions have a decision (I2), with the digest of what the prediction said; null: it was not kept. */
export async function findDecided(
  db: Queryable,
  predictionIds: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array | null>> {
  const { rows } = await db.query<{ prediction_id: string; prediction_sha256: Uint8Array | null }>(
    'SELECT prediction_id, prediction_sha256 FROM interventions.decisions WHERE prediction_id = ANY ($1::uuid[])',
    [predictionIds],
  );
  return new Map(rows.map((row) => [row.prediction_id, row.prediction_sha256]));
}
