/** The evaluation moments of tables of the simulator: rows that were moved back in time (lag_days above 0) are for training. */
import { type Column, TableError } from '../../platform/table/column.ts';
import { openTable, type TableReader } from '../../platform/table/read.ts';

/** Rows, a moment each; columns of equal length. */
export interface Moments {
  readonly count: number;
  readonly customers: readonly string[];
  /** 1: something was missed. */
  readonly labels: Float64Array;
  /** The oracle's chance of the label; null where a table has none. */
  readonly oracle: Float64Array | null;
  /** By name; NaN is unknown. */
  readonly features: ReadonlyMap<string, Float32Array>;
}

/** The moments of several tables, in order, with the named features. @throws TableError where a table lacks a column, or none has a moment */
export async function readMoments(paths: readonly string[], features: Iterable<string>): Promise<Moments> {
  const tables: TableReader[] = [];
  try {
    for (const path of paths) tables.push(await openTable(path));
    const rows = roomFor(tables, [...new Set(features)]);
    for (const table of tables) await take(table, rows);
    const { count } = rows;
    if (count === 0) throw new TableError(`${paths.join(', ')}: no evaluation moment (a row with lag_days 0)`);
    return {
      count,
      customers: rows.customers,
      labels: rows.labels.subarray(0, count),
      oracle: rows.oracle?.subarray(0, count) ?? null,
      features: new Map([...rows.features].map(([name, values]) => [name, values.subarray(0, count)])),
    };
  } finally {
    for (const table of tables) await table.close();
  }
}

/** Rows of several tables on their way into one. */
interface Room {
  count: number;
  readonly customers: string[];
  readonly labels: Float64Array;
  readonly oracle: Float64Array | null;
  readonly features: ReadonlyMap<string, Float32Array>;
}

function roomFor(tables: readonly TableReader[], names: readonly string[]): Room {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const hasOracle = tables.every((table) => table.columns.some(({ name }) => name === 'oracle'));
  return {
    count: 0,
    customers: [],
    labels: new Float64Array(rows),
    oracle: hasOracle ? new Float64Array(rows) : null,
    features: new Map(names.map((name) => [name, new Float32Array(rows)])),
  };
}

/** Appends the table's rows of lag 0. */
async function take(table: TableReader, into: Room): Promise<void> {
  const wanted: Column[] = [
    { name: 'customer_id', type: 'string' },
    { name: 'lag_days', type: 'int32' },
    { name: 'label', type: 'int32' },
    ...[...into.features.keys()].map((name): Column => ({ name, type: 'float32' })),
    ...(into.oracle === null ? [] : [{ name: 'oracle', type: 'float64' } as const]),
  ];
  const rooms = [into.labels, ...into.features.values(), ...(into.oracle === null ? [] : [into.oracle])];
  for await (const [customers, lags, ...values] of table.groups(wanted)) {
    for (let row = 0; row < lags!.length; row++) {
      if (lags![row] !== 0) continue;
      into.customers.push(customers![row] as string);
      for (const [i, room] of rooms.entries()) room[into.count] = values[i]![row] as number;
      into.count++;
    }
  }
}
