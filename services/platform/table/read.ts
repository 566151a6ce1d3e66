/** Reads a table from Parquet, some columns of it, a row group at a time. */
import { open } from 'node:fs/promises';
import { type AsyncBuffer, type ParquetScan, parquetMetadataAsync, parquetScan, type SchemaElement } from 'hyparquet';
import {
  type Column,
  type ColumnType,
  copyValues,
  type Room,
  roomFor,
  TableError,
  type Values,
  type ValuesOf,
} from './column.ts';

export interface TableReader {
  readonly rows: number;
  /** In the file's order. */
  readonly columns: readonly Column[];
  /** Row groups in order: of each, the wanted columns, as if it were a table of its own. */
  groups(wanted: readonly Column[]): AsyncGenerator<readonly Values[], void, undefined>;
  close(): Promise<void>;
}

/** Opens a table. @throws TableError where the file is no Parquet, or has columns of a shape that no table here has */
export async function openTable(path: string): Promise<TableReader> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const file: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        if (bytesRead < bytes.length) throw new TableError(`${path} ended while it was read`);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const columns = metadata.schema.slice(1).map(columnOf);
    const groupRows = metadata.row_groups.map((group) => Number(group.num_rows));
    return {
      rows: Number(metadata.num_rows),
      columns,
      async *groups(wanted) {
        for (const column of wanted) assertThere(path, columns, column);
        const scan = await parquetScan({ file, metadata, columns: wanted.map(({ name }) => name) });
        let rowStart = 0;
        for (const rows of groupRows) {
          yield await readGroup(scan, wanted, rowStart, rowStart + rows);
          rowStart += rows;
        }
      },
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    if (cause instanceof TableError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TableError(`${path} is no Parquet table: ${why}`, { cause });
  }
}

/** Whole columns, by name. */
export async function readColumns<const W extends readonly Column[]>(
  path: string,
  wanted: W,
): Promise<{ [K in keyof W]: ValuesOf[W[K]['type']] }> {
  const table = await openTable(path);
  try {
    const whole = wanted.map(({ type }) => roomFor(type, table.rows));
    let at = 0;
    for await (const group of table.groups(wanted)) {
      for (const [i, values] of group.entries()) copyValues(values, 0, values.length, whole[i]!, at);
      at += group[0]?.length ?? 0;
    }
    return whole as readonly Values[] as { [K in keyof W]: ValuesOf[W[K]['type']] };
  } finally {
    await table.close();
  }
}

function readGroup(
  scan: ParquetScan,
  wanted: readonly Column[],
  rowStart: number,
  rowEnd: number,
): Promise<readonly Values[]> {
  return Promise.all(
    wanted.map(async ({ name, type }) => {
      const values = await scan.readColumn({ column: name, rowStart, rowEnd });
      const room = roomFor(type, rowEnd - rowStart);
      put(name, values, room);
      return room;
    }),
  );
}

/** @throws TableError where a number is absent in a column that cannot say so; in a float column it is not known: NaN */
function put(name: string, values: ArrayLike<unknown>, into: Room): void {
  const room = into as (string | number)[];
  const absent = into instanceof Float32Array || into instanceof Float64Array ? Number.NaN : null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? absent;
    if (value === null) throw new TableError(`column ${name} has a row without a value`);
    room[i] = typeof value === 'string' ? value : Number(value);
  }
}

function assertThere(path: string, columns: readonly Column[], { name, type }: Column): void {
  const found = columns.find((column) => column.name === name);
  if (found === undefined) throw new TableError(`${path} has no column ${name}`);
  if (found.type !== type) throw new TableError(`${path}: column ${name} is ${found.type}, not ${type}`);
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float32',
  DOUBLE: 'float64',
  BYTE_ARRAY: 'string',
};

function columnOf({ name, type, num_children: children }: SchemaElement): Column {
  const known = TYPES[type ?? ''];
  if (known === undefined || children !== undefined) {
    throw new TableError(`column ${name} is ${type ?? 'nested'}: no type that tables have here`);
  }
  return { name, type: known };
}
