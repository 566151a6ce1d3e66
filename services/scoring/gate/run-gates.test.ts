import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GateName } from '../../domain/gates/finding.ts';
import type { GateReport } from '../../domain/gates/report.ts';
import { runGates } from './run-gates.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'gates');
const TABLE = join(FIXTURES, 'table.parquet');
const fixture = (name: string) => join(FIXTURES, name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pde-gates-'));
});
afterAll(() => rm(folder, { recursive: true }));

function judged(candidate: string, champion: string | null = null, table = TABLE): Promise<GateReport> {
  return runGates({ candidate, champion, table, seed: 1, samples: 200, progress: () => undefined });
}

const failed = ({ findings }: GateReport): readonly GateName[] =>
  findings.filter(({ outcome }) => outcome === 'fails').map(({ gate }) => gate);

/** A copy of a fixture, one file of it changed. */
async function altered(name: string, as: string, file: string, edit: (text: string) => string): Promise<string> {
  const copy = join(folder, as);
  await cp(fixture(name), copy, { recursive: true });
  await writeFile(join(copy, file), edit(await readFile(join(copy, file), 'utf8')));
  return copy;
}

describe('models that XGBoost made, on a table that they were not made from', () => {
  test('the good one is accepted, alone and against itself', async () => {
    const alone = await judged(fixture('good'));
    expect(alone).toMatchObject({ kind: 'accepted', champion: null });
    const against = await judged(fixture('good'), fixture('good'));
    expect(against.findings.map(({ outcome }) => outcome)).toEqual(against.findings.map(() => 'holds'));
    expect(against.champion).toEqual(against.candidate);
    expect(against.levels).toMatchObject({ raised: 0, lowered: 0 });
  });

  test.each<[string, GateName[]]>([
    ['miscalibrated', ['calibration_slope']],
    ['broken-monotone', ['monotone']],
    ['unfair', ['fairness_opportunity']],
  ])('%s is refused by name', async (name, gates) => {
    const report = await judged(fixture(name));
    expect(report.kind).toBe('refused');
    expect(failed(report)).toEqual(expect.arrayContaining(gates));
  });

  test('a planted leak is refused though its table says that the leak check passed', async () => {
    const report = await judged(fixture('leaky'), fixture('good'), join(fixture('leaky'), 'table.parquet'));
    expect(failed(report)).toEqual(['implausible_auc', 'single_feature']);
  });

  test('a report has the same bytes every time', async () => {
    const [first, second] = [await judged(fixture('unfair')), await judged(fixture('unfair'))];
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });
});

test('neither the table that a model was fitted on nor the one it was calibrated on proves anything of it', async () => {
  const sha256 = createHash('sha256')
    .update(await readFile(TABLE))
    .digest('hex');
  const data = { fitted: { sha256 }, calibrated: { sha256: '0'.repeat(64), tables: { calibration: sha256 } } };
  for (const [as, own] of Object.entries(data)) {
    const copy = await altered('good', as, 'manifest.json', (text) =>
      JSON.stringify({ ...JSON.parse(text), data: own }),
    );
    expect(failed(await judged(copy))).toEqual(['evidence']);
  }
});

describe('a model that may not be used is refused by that alone', () => {
  test.each<[string, string, (text: string) => string, GateName]>([
    ['an altered file', 'forest.json', (text) => `${text} `, 'artefacts'],
    [
      'another feature set',
      'manifest.json',
      (text) => text.replace(/"featureSetVersion": *"[^"]*/, '"featureSetVersion": "0'),
      'feature_set',
    ],
    [
      'no promise to be used',
      'manifest.json',
      (text) => text.replace(/"promotable": *true/, '"promotable": false'),
      'promotable',
    ],
  ])('%s', async (as, file, edit, gate) => {
    const report = await judged(await altered('good', as, file, edit));
    expect(failed(report)).toEqual([gate]);
  });
});

describe('a table that proves nothing', () => {
  /** A copy of the table and what lies beside it. */
  async function copyOf(): Promise<string> {
    for (const ending of ['.parquet', '.attributes.parquet', '.json']) {
      await cp(TABLE.replace('.parquet', ending), join(folder, `table${ending}`));
    }
    return join(folder, 'table.parquet');
  }

  test('facts about other bytes are no leak check', async () => {
    const table = await copyOf();
    const facts = JSON.parse(await readFile(join(folder, 'table.json'), 'utf8'));
    facts.files['table.parquet'] = '0'.repeat(64);
    await writeFile(join(folder, 'table.json'), JSON.stringify(facts));
    expect(failed(await judged(fixture('good'), null, table))).toEqual(['leak_check']);
  });

  test('without attributes kept apart, fairness is not shown', async () => {
    const table = await copyOf();
    await rm(join(folder, 'table.attributes.parquet'));
    expect(failed(await judged(fixture('good'), null, table))).toEqual([
      'fairness_calibration',
      'fairness_opportunity',
    ]);
  });

  test('of another feature set, no score of it means anything', async () => {
    const table = await copyOf();
    const facts = JSON.parse(await readFile(join(folder, 'table.json'), 'utf8'));
    await writeFile(join(folder, 'table.json'), JSON.stringify({ ...facts, feature_set_version: '0' }));
    const report = await judged(fixture('good'), fixture('good'), table);
    expect(failed(report)).toEqual(['feature_set']);
    expect(report.findings[0]!.text).toContain('the table is of feature set 0');
  });

  test('without its facts it is not judged at all', async () => {
    const table = await copyOf();
    await rm(join(folder, 'table.json'));
    await expect(judged(fixture('good'), null, table)).rejects.toThrow(/table\.json cannot be read/);
  });
});

describe('the program', () => {
  const program = (...args: string[]) => {
    const file = join(import.meta.dirname, '..', 'gate.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  test('prints a report and ends with 1 where it refuses', () => {
    const { status, stdout } = program(
      '--candidate',
      fixture('broken-monotone'),
      '--champion',
      'none',
      '--table',
      TABLE,
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'pde-gate-report/1', kind: 'refused' });
  });

  test.each<[string[], number, RegExp]>([
    [['--table', TABLE], 2, /--candidate, --champion and --table are needed/],
    [['--candidate', 'x', '--champion', 'none', '--table', TABLE, '--seed', 'x'], 2, /--seed is x/],
    [['--fly'], 2, /Unknown option '--fly'/],
    [['--candidate', fixture('nowhere'), '--champion', 'none', '--table', TABLE], 1, /refused by the manifest check/],
    [
      ['--candidate', fixture('good'), '--champion', 'none', '--table', fixture('no.parquet')],
      1,
      /no\.parquet cannot be read/,
    ],
  ])('%j ends with %i and a line', (args, code, line) => {
    const { status, stdout, stderr } = program(...args);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr.trim().split('\n').at(-1)).toMatch(line);
  });
});
