import type { Queryable } from '../../platform/postgres/pool.ts';
import { type Placed, PREDICTION_COLUMNS } from './columns.ts';

const NAMES = PREDICTION_COLUMNS.map((column) => column.name).join(', ');
const ARRAYS = PREDICTION_COLUMNS.map((column, i) => `$${i + 1}::${column.type}[]`).join(', ');
const SQL = `INSERT INTO scoring.predictions (${NAMES}) SELECT * FROM unnest(${ARRAYS}) ON CONFLICT (prediction_id) DO NOTHING`;

/** Inserts predictions that do not stand yet. Answers how many it inserted. */
export async function insertPredictions(tx: Queryable, rows: readonly Placed[]): Promise<number> {
  if (rows.length === 0) return 0;
  const params = PREDICTION_COLUMNS.map((column) => rows.map((row) => column.of(row) ?? null));
  return (await tx.prepared('scoring-insert-predictions', SQL, params)).count;
}
