import { arrayParameter } from '../../platform/postgres/batch.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { type Placed, PREDICTION_COLUMNS } from './columns.ts';

const NAMES = PREDICTION_COLUMNS.map((column) => column.name).join(', ');
const ARRAYS = PREDICTION_COLUMNS.map((column, i) => `$${i + 1}::${column.type}[]`).join(', ');
const VALUES = PREDICTION_COLUMNS.map(({ name }) =>
  name === 'outbox_position' ? 's.last_position - t.outbox_position' : `t.${name}`,
).join(', ');
const SQL = `
INSERT INTO scoring.predictions (${NAMES})
SELECT ${VALUES} FROM unnest(${ARRAYS}) AS t (${NAMES})
LEFT JOIN scoring.outbox_shards s ON s.outbox = 'predictions' AND s.shard = t.shard
ON CONFLICT (prediction_id) DO NOTHING`;

/** Rows of one statement: to write them as text takes some 10 us each, in which the event loop does not run. */
const ROWS_PER_STATEMENT = 128;

/** Inserts predictions that do not stand yet, at places that the transaction has taken. Answers how many it inserted. */
export async function insertPredictions(tx: Queryable, rows: readonly Placed[]): Promise<number> {
  let inserted = 0;
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const slice = rows.slice(at, at + ROWS_PER_STATEMENT);
    const params = PREDICTION_COLUMNS.map((column) => arrayParameter(slice.map(column.of)));
    inserted += (await tx.prepared('scoring-insert-predictions', SQL, params)).count;
  }
  return inserted;
}
