/** A table's columns and their values in memory. No value is ever absent: what is not known is NaN, in a float column. */

export type ColumnType = 'string' | 'int32' | 'int64' | 'float32' | 'float64';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Values of a column by its type; int64 as whole numbers within +-2^53. */
export interface ValuesOf {
  readonly string: readonly string[];
  readonly int32: Int32Array;
  readonly int64: Float64Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

export type Values = ValuesOf[ColumnType];

/** Some rows, column after column, all of one length. */
export type Batch = readonly Values[];

/** A file that is no such table, or rows that do not fit it; the message names the column. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

/** Values that can be written to: what {@link Values} are made of. */
export type Room = string[] | Int32Array | Float32Array | Float64Array;

/** Room for `rows` values of a type. */
export function roomFor(type: ColumnType, rows: number): Room {
  switch (type) {
    case 'string':
      return new Array<string>(rows).fill('');
    case 'int32':
      return new Int32Array(rows);
    case 'float32':
      return new Float32Array(rows);
    case 'int64':
    case 'float64':
      return new Float64Array(rows);
    default:
      return type satisfies never;
  }
}

/** Copies `count` values; both must be of one type. */
export function copyValues(
  from: ArrayLike<string | number>,
  start: number,
  count: number,
  into: Room,
  at: number,
): void {
  const room = into as (string | number)[];
  for (let i = 0; i < count; i++) room[at + i] = from[start + i]!;
}
