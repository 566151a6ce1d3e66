import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Batch, type Column, TableError, type Values } from './column.ts';
import { openTable, readColumns } from './read.ts';
import { createTable } from './write.ts';

const COLUMNS = [
  { name: 'id', type: 'string' },
  { name: 'n', type: 'int32' },
  { name: 't', type: 'int64' },
  { name: 'x', type: 'float32' },
  { name: 'y', type: 'float64' },
] as const satisfies readonly Column[];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pde-table-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Row = readonly [id: string, n: number, t: number, x: number, y: number];

function batchOf(rows: readonly Row[]): Batch {
  return [
    rows.map((row) => row[0]),
    Int32Array.from(rows, (row) => row[1]),
    Float64Array.from(rows, (row) => row[2]),
    Float32Array.from(rows, (row) => row[3]),
    Float64Array.from(rows, (row) => row[4]),
  ];
}

async function write(name: string, batches: readonly Batch[], rowsAGroup = 4) {
  const path = join(folder, name);
  const table = await createTable(path, COLUMNS, { rowsAGroup });
  for (const batch of batches) await table.append(batch);
  return { path, ...(await table.finish()) };
}

const anyRow: fc.Arbitrary<Row> = fc.tuple(
  fc.string({ unit: 'binary' }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.maxSafeInteger(),
  fc.float(),
  fc.double(),
);

const SOME: readonly Row[] = Array.from({ length: 11 }, (_, i) => [
  i % 3 === 0 ? '' : `customer ${i % 4} – ü 😀`,
  i - 5,
  1_700_000_000_000 + i,
  i % 4 === 0 ? Number.NaN : i / 3,
  [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1 / 3][i % 6]!,
]);

describe('a table', () => {
  it('comes back with the bits that went in: NaN, infinities, minus zero, any string', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 20 }), async (rows) => {
        const { path } = await write('any.parquet', [batchOf(rows)]);
        expect(await readColumns(path, COLUMNS)).toEqual(batchOf(rows));
      }),
      { numRuns: 60 },
    );
  });

  it('has the same bytes however its rows arrive, and the hash that it says', async () => {
    const whole = await write('whole.parquet', [batchOf(SOME)]);
    const parts = await write('parts.parquet', [batchOf(SOME.slice(0, 3)), batchOf([]), batchOf(SOME.slice(3))]);
    expect(await readFile(parts.path)).toEqual(await readFile(whole.path));
    expect(parts).toEqual({ ...whole, path: parts.path });
    expect(whole).toMatchObject({ rows: 11, bytes: (await readFile(whole.path)).length });
    const digest = await crypto.subtle.digest('SHA-256', await readFile(whole.path));
    expect(whole.sha256).toBe(Buffer.from(digest).toString('hex'));
  });

  it('is read a row group at a time, only the columns that are wanted', async () => {
    const { path } = await write('groups.parquet', [batchOf(SOME)]);
    const table = await openTable(path);
    const groups: (readonly Values[])[] = [];
    for await (const group of table.groups([COLUMNS[4], COLUMNS[1]])) groups.push(group);
    await table.close();
    expect({ rows: table.rows, columns: table.columns }).toEqual({ rows: 11, columns: COLUMNS });
    expect(groups.map(([y]) => y?.length)).toEqual([4, 4, 3]);
    expect(groups[1]).toEqual([batchOf(SOME.slice(4, 8))[4], batchOf(SOME.slice(4, 8))[1]]);
  });

  it('may have no row', async () => {
    const { path, rows } = await write('empty.parquet', []);
    expect(rows).toBe(0);
    expect(await readColumns(path, COLUMNS)).toEqual(batchOf([]));
  });

  it('refuses rows that do not fit, naming the column', async () => {
    const table = await createTable(join(folder, 'bad.parquet'), COLUMNS);
    const [id, n, t, x, y] = batchOf(SOME) as [string[], Int32Array, Float64Array, Float32Array, Float64Array];
    await expect(table.append([id, n, t, x])).rejects.toThrow('4 columns came, not 5');
    await expect(table.append([id, n, t, y, y])).rejects.toThrow('column x came as Float64Array, not as float32');
    await expect(table.append([id, n.slice(1), t, x, y])).rejects.toThrow('column n has 10 rows, not 11');
    await table.append([id, n, t.map((value) => value + 0.5), x, y]);
    await expect(table.finish()).rejects.toThrow('column t holds 1700000000000.5, no whole number below 2^53');
    await table.discard();
    expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('bad'));
  });

  it('says what is wrong with a file', async () => {
    const { path } = await write('there.parquet', [batchOf(SOME)]);
    const text = join(folder, 'text.csv');
    await writeFile(text, 'customer_id,t_ms\n'.repeat(20));
    await expect(openTable(text)).rejects.toThrow(TableError);
    await expect(readColumns(path, [{ name: 'z', type: 'float32' }])).rejects.toThrow('has no column z');
    await expect(readColumns(path, [{ name: 'y', type: 'float32' }])).rejects.toThrow('y is float64, not float32');
  });
});
