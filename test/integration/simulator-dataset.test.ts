import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../services/domain/features/catalogue.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import type { Column } from '../../services/platform/table/column.ts';
import { readColumns } from '../../services/platform/table/read.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import { runSimulator, SIMULATOR_MIGRATIONS } from './simulator-support.ts';

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase(testStack().postgres);
  await migrate({ ownerUrl: database.url('pde_simulator_owner'), schema: 'bank', directory: SIMULATOR_MIGRATIONS });
  env = { PDE_POSTGRES_URL: database.url('pde_simulator') };
  folder = await mkdtemp(join(tmpdir(), 'pde-dataset-'));
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const BANK = ['--customers', '25', '--months', '8', '--seed', '5'];
const PLAN = ['--lags', '15', '--from', '2024-03-01', '--leak-check', '0.2'];

const COLUMNS: readonly Column[] = [
  { name: 'customer_id', type: 'string' },
  { name: 't_ms', type: 'int64' },
  { name: 'lag_days', type: 'int32' },
  { name: 'label', type: 'int32' },
  ...CATALOGUE.map(({ name }): Column => ({ name, type: 'float32' })),
];

/** Rows of a table, in an order of their own. */
async function rowsOf(path: string) {
  const columns = await readColumns(path, COLUMNS);
  return Array.from(columns[0] as string[], (_, row) => columns.map((values) => values[row])).sort((a, b) =>
    a.slice(0, 3).join() < b.slice(0, 3).join() ? -1 : 1,
  );
}

describe('a data set', () => {
  it('is the same from the tables of a bank as straight from the generator', async () => {
    const [stored, made] = [join(folder, 'stored.parquet'), join(folder, 'made.parquet')];
    expect((await runSimulator(['import-synthetic', ...BANK], env)).code).toBe(0);
    const fromTables = await runSimulator(['dataset', ...PLAN, '--out', stored], env);
    const fromGenerator = await runSimulator(['dataset', '--synthetic', ...BANK, ...PLAN, '--out', made], {});
    const { waterfall, label, moments, rows } = fromGenerator.json!;
    expect(fromTables.json).toMatchObject({ waterfall, label, moments, rows, leak_check: { passed: true } });
    expect(rows).toBeGreaterThan(100);
    expect(await rowsOf(stored)).toEqual(await rowsOf(made));
    // The role that streams the bank cannot read what is hidden: attributes are the generator's alone.
    expect((await readdir(folder)).sort()).toEqual([
      'made.attributes.parquet',
      'made.json',
      'made.parquet',
      'stored.json',
      'stored.parquet',
    ]);
  });

  it('leaves no file behind where it is refused', async () => {
    const out = join(folder, 'refused.parquet');
    const refused = async (...flags: string[]) => {
      const { code, stderr } = await runSimulator(['dataset', '--synthetic', '--out', out, ...flags], {});
      return `${code}: ${stderr.trim()}`;
    };
    expect(await refused('--lags', '0,15')).toMatch(/^2: --lags is 0,15: expected different whole numbers of days/);
    expect(await refused('--censor-days', '60')).toMatch(/^2: --censor-days is 60: expected a whole number from 75/);
    expect(await refused('--oracle', '--grace-days', '20')).toMatch(/^2: --oracle knows the label of 45 days/);
    expect(await refused('--from', '2024-03-01', '--from-month', '3')).toMatch(/^2: --from and --from-month say/);
    expect(await refused('--parameters', join(folder, 'none.json'))).toMatch(/^1: parameters .*none\.json: ENOENT/);
    expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('refused'));
  });
});
