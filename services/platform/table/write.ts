/** Writes a table as Parquet, row group by row group: the same rows make the same bytes, however they arrive. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type Batch, type Column, type ColumnType, TableError, type Values } from './column.ts';
import { createRowGroup, type RowGroup } from './group.ts';

/** What was written. */
export interface TableFile {
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

export interface TableWriter {
  /** @throws TableError where rows do not fit the columns */
  append(batch: Batch): Promise<void>;
  /** Puts the table in its place. */
  finish(): Promise<TableFile>;
  /** Leaves nothing behind; for a `finally`: does nothing after finish. */
  discard(): Promise<void>;
}

/** Rows held in memory, and read at once by whoever reads: some 10 MB of 50 float columns. */
const ROWS_A_GROUP = 50_000;
/** Makers are told apart by readers; this one is also part of the bytes. */
const CREATED_BY = 'pre-delinquency-engine';

export interface TableOptions {
  /** Rows of a row group. Default 50,000. */
  readonly rowsAGroup?: number;
}

/** Opens `path` for writing; it has its name only once it is whole. Numbers are plain, strings by dictionary, both Snappy's. */
export async function createTable(
  path: string,
  columns: readonly Column[],
  { rowsAGroup = ROWS_A_GROUP }: TableOptions = {},
): Promise<TableWriter> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  const out = createOutput(file);
  const parquet = new ParquetWriter({
    writer: out.writer,
    schema: schemaOf(columns),
    codec: 'SNAPPY',
    createdBy: CREATED_BY,
  });
  const group = createRowGroup(columns, rowsAGroup);
  let rows = 0;
  let isOpen = true;

  async function writeGroup(): Promise<void> {
    if (group.count === 0) return;
    rows += group.count;
    await parquet.write({ columnData: columnData(columns, group), rowGroupSize: group.capacity });
    group.clear();
    await out.flush();
  }

  return {
    async append(batch) {
      const length = batch[0]?.length ?? 0;
      for (let at = group.take(batch, 0); ; at += group.take(batch, at)) {
        if (group.count === group.capacity) await writeGroup();
        if (at >= length) return;
      }
    },
    async finish() {
      await writeGroup();
      await parquet.finish();
      await out.flush();
      isOpen = false;
      await file.close();
      await rename(partial, path);
      return { rows, bytes: out.bytes(), sha256: out.sha256() };
    },
    async discard() {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
      await rm(partial, { force: true });
    },
  };
}

/** Bytes go to the file, and into the hash, whenever they are flushed. */
function createOutput(file: FileHandle) {
  const writer = new ByteWriter();
  const hash = createHash('sha256');
  return {
    writer,
    bytes: () => writer.offset,
    sha256: () => hash.digest('hex'),
    async flush() {
      const bytes = writer.getBytes();
      hash.update(bytes);
      await file.writeFile(bytes);
      writer.index = 0;
    },
  };
}

function columnData(columns: readonly Column[], group: RowGroup) {
  const held = group.held();
  return columns.map(({ name, type }, i) => {
    const data = type === 'int64' ? bigintsOf(name, held[i]!) : (held[i] as Exclude<Values, readonly string[]>);
    return type === 'string' ? { name, data } : { name, data, encoding: 'PLAIN' as const };
  });
}

function bigintsOf(name: string, values: Values): BigInt64Array {
  const whole = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isSafeInteger(value)) throw new TableError(`column ${name} holds ${value}, no whole number below 2^53`);
    whole[i] = BigInt(value);
  }
  return whole;
}

const PHYSICAL = {
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FLOAT',
  float64: 'DOUBLE',
} as const satisfies Partial<Record<ColumnType, SchemaElement['type']>>;

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const leaves = columns.map(({ name, type }): SchemaElement => {
    if (type !== 'string') return { name, type: PHYSICAL[type], repetition_type: 'REQUIRED' };
    const logical = { converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;
    return { name, type: 'BYTE_ARRAY', repetition_type: 'REQUIRED', ...logical };
  });
  return [{ name: 'schema', num_children: leaves.length }, ...leaves];
}
