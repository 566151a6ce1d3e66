import { arrayParameter } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { type Placed, PREDICTION_COLUMNS } from './columns.ts';

const NAMES = PREDICTION_COLUMNS.map((column) => column.name).join(', ');
const ARRAYS = PREDICTION_COLUMNS.map((column, i) => `$${i + 1}::${column.type}[]`).join(', ');
const SQL = `INSERT INTO scoring.predictions (${NAMES}) SELECT * FROM unnest(${ARRAYS}) ON CONFLICT (prediction_id) DO NOTHING`;

/** Rows of one statement: to write them as text takes some 10 us each, in which the event loop does not run. */
const ROWS_PER_STATEMENT = 128;

/** Inserts predictions that do not stand yet. Answers how many it inserted. */
export async function insertPredictions(tx: Queryable, rows: readonly Placed[]): Promise<number> {
  let inserted = 0;
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const slice = rows.slice(at, at + ROWS_PER_STATEMENT);
    const params = PREDICTION_COLUMNS.map((column) => arrayParameter(slice.map(column.of)));
    inserted += (await tx.prepared('scoring-insert-predictions', SQL, params)).count;
  }
  return inserted;
}
