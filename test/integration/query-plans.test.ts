/**
 * No statement that services send reads a large table whole, however the statistics stand: right after a load, when the server knows
 * nothing of the rows, and after its analysis. A statement that nobody lists here fails the last test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Explained, explain, type Scan } from '../support/explained.ts';
import { testStack } from '../support/stack.ts';
import type { Calls } from './query-plans/calls.ts';
import { FEATURES, FEATURES_WHOLE } from './query-plans/features.ts';
import { analyze, fill, largeTables } from './query-plans/fill.ts';
import { INTERVENTIONS, INTERVENTIONS_WHOLE } from './query-plans/interventions.ts';
import { outboxCalls, platformCalls } from './query-plans/platform.ts';
import { SCORING, SCORING_WHOLE } from './query-plans/scoring.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMAS = ['features', 'scoring', 'interventions'] as const;
type Schema = (typeof SCHEMAS)[number];

const SENT: Readonly<Record<Schema, Calls>> = {
  features: { ...FEATURES, ...platformCalls('features') },
  scoring: { ...SCORING, ...outboxCalls('scoring') },
  interventions: { ...INTERVENTIONS, ...platformCalls('interventions') },
};
const WHOLE: Readonly<Record<Schema, Calls>> = {
  features: FEATURES_WHOLE,
  scoring: SCORING_WHOLE,
  interventions: INTERVENTIONS_WHOLE,
};

const LARGE_ROWS = 10_000;
/** A batch asks for 100 customers with a few rows each, a relay and a page for up to 500 rows. */
const MOST_ROWS_READ = 1_500;

let database: TestDatabase;
let pools: Readonly<Record<Schema, Pool>>;
let large: ReadonlySet<string>;
const seen: Explained[] = [];

beforeAll(async () => {
  database = await createTestDatabase(testStack().postgres);
  for (const schema of SCHEMAS) {
    const directory = join(ROOT, 'services', schema, 'store', 'migrations');
    await migrate({ ownerUrl: database.url(`pde_${schema}_owner`), schema, directory });
  }
  const poolOf = (schema: Schema) => createPool({ url: database.url(`pde_${schema}`), max: 1 });
  pools = { features: poolOf('features'), scoring: poolOf('scoring'), interventions: poolOf('interventions') };
  await fill(database.adminUrl);
  large = await largeTables(database.adminUrl, LARGE_ROWS);
}, 300_000);
afterAll(async () => {
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
  await database.drop();
});

const isWhole = ({ node, table, rowsRead }: Scan) =>
  large.has(table) && (node === 'Seq Scan' || rowsRead > MOST_ROWS_READ);
const findings = (explained: readonly Explained[]) =>
  explained.flatMap(({ file, sql, scans, genericScans }) =>
    [...scans, ...genericScans].filter(isWhole).map((scan) => ({ ...scan, file, sql })),
  );

const cases = (calls: Readonly<Record<Schema, Calls>>) =>
  SCHEMAS.flatMap((schema) => Object.entries(calls[schema]).map(([name, call]) => ({ schema, name, call })));

describe.each([
  ['before the server has analysed its tables', async () => {}],
  ['after it has', () => analyze(database.adminUrl)],
])('%s', (_, prepare) => {
  beforeAll(prepare);

  it.each(cases(SENT))('$schema: $name reads what it asks for', async ({ schema, call }) => {
    const explained = await explain(pools[schema], call);
    expect(explained).not.toEqual([]);
    seen.push(...explained);
    expect(findings(explained)).toEqual([]);
  });
});

it.each(cases(WHOLE))('$schema: $name is seen to read its tables whole', async ({ schema, call }) => {
  const explained = await explain(pools[schema], call);
  seen.push(...explained);
  expect(findings(explained)).not.toEqual([]);
});

it('every large table is one that grows with the stream, and all of those are large', () => {
  expect([...large].sort()).toMatchInlineSnapshot(`
    [
      "customers",
      "dashboard_rows",
      "dead_letters",
      "decisions",
      "latest_scores",
      "ledger_2026_01",
      "ledger_2026_02",
      "ledger_2026_03",
      "ledger_bases",
      "offers",
      "outcomes",
      "predictions",
      "profile_stops",
      "profiles",
      "requests",
      "transaction_ids",
      "window_snapshots",
    ]
  `);
});

it('no statement of a store is left out', () => {
  const places = Map.groupBy(seen, ({ file }) => file);
  const covered = (file: string) => new Set(places.get(file)?.map(({ place }) => place)).size;
  const missing = statementFiles().filter(({ file, statements }) => covered(file) !== statements);
  expect(missing.map(({ file, statements }) => `${file}: ${covered(file)} of ${statements}`)).toEqual([]);
});

/** Files that send statements, with how many places do. */
function statementFiles(): readonly { readonly file: string; readonly statements: number }[] {
  const folders = [...SCHEMAS.map((schema) => `services/${schema}`), 'services/platform'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !NOT_A_SERVICES_OWN.includes(file))
    .map((file) => ({ file, statements: callsIn(readFileSync(join(ROOT, file), 'utf8')) }))
    .filter(({ statements }) => statements > 0);
}

/** The way to PostgreSQL itself, the watch that reads no table, and migrations, which run before a service does. */
const NOT_A_SERVICES_OWN = ['pool.ts', 'watch.ts', 'migrate.ts'].map((file) => `services/platform/postgres/${file}`);

function callsIn(source: string): number {
  return source.match(/\b(db|tx|pool)\.(query|prepared)\b[<(]/g)?.length ?? 0;
}
