/** Rows on their way into a file: kept until they fill a row group, so that how they arrived leaves no trace in it. */
import { type Batch, type Column, type ColumnType, copyValues, roomFor, TableError, type Values } from './column.ts';

/** Room for a fixed number of rows. */
export interface RowGroup {
  readonly capacity: number;
  /** Rows held. */
  readonly count: number;
  /** Copies rows from `start` on until they end or the group is full. @returns how many were taken */
  take(batch: Batch, start: number): number;
  /** What is held of each column; only valid until the next take. */
  held(): readonly Values[];
  clear(): void;
}

export function createRowGroup(columns: readonly Column[], capacity: number): RowGroup {
  const buffers = columns.map(({ type }) => roomFor(type, capacity));
  let count = 0;
  return {
    capacity,
    get count() {
      return count;
    },
    take(batch, start) {
      const rows = rowsOf(columns, batch);
      const taken = Math.min(rows - start, capacity - count);
      for (const [i, values] of batch.entries()) copyValues(values, start, taken, buffers[i]!, count);
      count += taken;
      return taken;
    },
    held: () => buffers.map((buffer) => (Array.isArray(buffer) ? buffer.slice(0, count) : buffer.subarray(0, count))),
    clear: () => {
      count = 0;
    },
  };
}

/** How many rows a batch has. @throws TableError where a column is missing, of another type or of another length */
function rowsOf(columns: readonly Column[], batch: Batch): number {
  if (batch.length !== columns.length) throw new TableError(`${batch.length} columns came, not ${columns.length}`);
  const rows = batch[0]?.length ?? 0;
  for (const [i, { name, type }] of columns.entries()) {
    const values = batch[i]!;
    if (!isOf(values, type)) throw new TableError(`column ${name} came as ${values.constructor.name}, not as ${type}`);
    if (values.length !== rows) throw new TableError(`column ${name} has ${values.length} rows, not ${rows}`);
  }
  return rows;
}

function isOf(values: Values, type: ColumnType): boolean {
  switch (type) {
    case 'string':
      return Array.isArray(values);
    case 'int32':
      return values instanceof Int32Array;
    case 'float32':
      return values instanceof Float32Array;
    case 'int64':
    case 'float64':
      return values instanceof Float64Array;
    default:
      return type satisfies never;
  }
}
