import type { Queryable } from '../../platform/postgres/pool.ts';
import { type PredictionRow, predictionFrom, SELECT_PREDICTION } from './columns.ts';
import type { OutboxPrediction } from './prediction.ts';

const SQL = `
SELECT ${SELECT_PREDICTION} FROM scoring.predictions p
WHERE p.shard = $1::int AND p.outbox_position > $2::bigint
ORDER BY p.outbox_position LIMIT $3::int`;

/** Predictions of a shard behind a position, in commit order. */
export async function readUnpublished(
  db: Queryable,
  shard: number,
  position: bigint,
  limit: number,
  names: readonly string[],
): Promise<OutboxPrediction[]> {
  const { rows } = await db.prepared<PredictionRow>('scoring-read-unpublished', SQL, [shard, position, limit]);
  return rows.map((row) => ({ shard, position: row.outbox_position!, prediction: predictionFrom(row, names) }));
}
