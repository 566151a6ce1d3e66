import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import type { Column } from '../../platform/table/column.ts';
import { createTable } from '../../platform/table/write.ts';
import { readRows } from './rows.ts';

const COLUMNS: readonly Column[] = [
  { name: 'customer_id', type: 'string' },
  { name: 'lag_days', type: 'int32' },
  { name: 'label', type: 'int32' },
  { name: 'oracle', type: 'float64' },
  { name: 'x', type: 'float32' },
  { name: 'y', type: 'float32' },
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pde-rows-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A table of three rows, the second of a lag, with what its sidecar says changed. */
async function table(name: string, change: object = {}, oracle = [0.1, Number.NaN, 0.3]): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  const writer = await createTable(path, COLUMNS);
  await writer.append([
    [`${name}1`, `${name}1`, `${name}2`],
    Int32Array.of(0, 15, 0),
    Int32Array.of(0, 1, 1),
    Float64Array.from(oracle),
    Float32Array.of(1, 2, Number.NaN),
    Float32Array.of(4, 5, 6),
  ]);
  const { sha256 } = await writer.finish();
  const sidecar = {
    format: 'pde-dataset/1',
    bank: { kind: 'synthetic', seed: 1, first_customer: name, customers: 2 },
    leak_check: { share: 0.01, rows: 3, passed: true },
    feature_set_version: FEATURE_SET_VERSION,
    files: { [`${name}.parquet`]: sha256 },
    ...change,
  };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(sidecar));
  return path;
}

describe('rows of an evaluation', () => {
  it('are the moments of all parts of a bank, in order', async () => {
    const rows = await readRows([await table('a'), await table('b')], ['y', 'x', 'y']);
    expect(rows).toMatchObject({
      count: 4,
      customers: ['a1', 'a2', 'b1', 'b2'],
      labels: Float64Array.of(0, 1, 0, 1),
      oracle: Float64Array.of(0.1, 0.3, 0.1, 0.3),
      bank: { kind: 'synthetic', seed: 1 },
    });
    expect(rows.features).toEqual(
      new Map([
        ['y', Float32Array.of(4, 6, 4, 6)],
        ['x', Float32Array.of(1, Number.NaN, 1, Number.NaN)],
      ]),
    );
  });

  it('are refused where a sidecar does not vouch for them', async () => {
    const refused = async (name: string, change: object, oracle?: number[]) =>
      await readRows([await table(name, change, oracle)], ['x']).then(
        () => 'read',
        (error: Error) => error.message,
      );
    expect(await refused('format', { format: 'csv' })).toBe(
      'format.parquet: the facts beside it are csv, not pde-dataset/1',
    );
    expect(await refused('old', { feature_set_version: '0' })).toContain('its vectors are of feature set 0');
    expect(await refused('leaky', { leak_check: undefined })).toContain('no leak check that passed');
    expect(await refused('hash', { files: { 'hash.parquet': '00' } })).toContain(
      'which the facts beside it do not name',
    );
    expect(await refused('blind', {}, [0.1, 0.2, Number.NaN])).toBe(
      "the oracle says nothing of customer blind2's row 1",
    );
    expect(await refused('fine', {})).toBe('read');
    const other = await table('other', { bank: { kind: 'synthetic', seed: 2 } });
    await expect(readRows([await table('a'), other], [])).rejects.toThrow('other.parquet is of another bank');
    await expect(readRows([join(folder, 'none.parquet')], [])).rejects.toThrow('none.parquet cannot be read');
    await expect(readRows([await table('a')], ['z'])).rejects.toThrow('has no column z');
  });
});
