/**
 * The cases of the fault matrix that are part of `npm test`: kill -9 at every named crash point, in the middle of a rebalance, and
 * connections that are held. Nothing is lost, there twice, or different from a run without faults (I1-I5); and a bug that is planted
 * is found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/engine-run.ts';
import { CASES } from './cases.ts';
import type { Baseline } from './judge.ts';
import { startLab } from './lab.ts';
import { planOf, shortSelection } from './plan.ts';
import { PLANTED, plantedText } from './planted-bugs.ts';
import { CRASH_POINTS } from './process-cases.ts';
import { type MatrixOptions, runCase, runWithoutFaults } from './run-case.ts';
import { runPlanted } from './run-planted.ts';

const SEED = 1;
const IN_NPM_TEST = [
  'points:1',
  'points:2',
  'points:3',
  'points:4',
  'kill-in-rebalance:features',
  'hole:features-cut-off',
];
const PLANTED_IN_NPM_TEST = ['auto-commit'];

describe('the table of cases', () => {
  it('names every crash point of the services, and none that is not there', () => {
    const passed = new Set<string>(Object.values(CRASH_POINTS).flat());
    expect([...passed].sort()).toEqual([...pointsInSource()].sort());
  });

  it('gives the same faults for the same seed, and others for another', () => {
    const plans = (seed: number) => CASES.map((each) => planOf(each, seed));
    expect(plans(7)).toEqual(plans(7));
    expect(plans(7)).not.toEqual(plans(8));
    expect(shortSelection(7)).toEqual(shortSelection(7));
  });

  it('names each case once', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });
});

describe('a planted bug', () => {
  it.each(PLANTED)('$name finds its place in the source, and a case to catch it', async (bug) => {
    expect(CASES.map(({ name }) => name)).toContain(bug.caughtBy);
    for (const edit of bug.edits) expect(await plantedText(edit)).toContain(edit.replace[0]?.[1]);
  });
});

describe('a run in which faults strike', () => {
  const bank = { kind: 'synthetic', customers: 16, months: 6, seed: 5 } as const;
  let root: string;
  let options: MatrixOptions;
  let base: Baseline;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'pde-faults-'));
    const lab = await startLab({ stateDir: join(root, 'stack'), log: () => undefined, durable: false }, false);
    options = { lab, bank, rate: 0, recoveryWithinMs: 200_000 };
    base = await runWithoutFaults(options);
  });
  afterAll(async () => {
    await options.lab.stop();
    await rm(root, { recursive: true, force: true });
  });

  it.each(CASES.filter(({ name }) => IN_NPM_TEST.includes(name)))(
    '$name loses nothing, repeats nothing and changes nothing',
    async (each) => {
      const logs = join(tmpdir(), `pde-${each.name.replace(':', '-')}`);
      const result = await runCase(options, each, SEED, base, logs);
      expect(result).toMatchObject({ findings: [], lost: 0, duplicated: 0, differing: 0, passed: true });
    },
  );

  it.each(PLANTED.filter(({ name }) => PLANTED_IN_NPM_TEST.includes(name)))('finds $name', async (bug) => {
    const result = await runPlanted(options, bug, SEED, base);
    expect(result.lost + result.duplicated + result.differing).toBeGreaterThan(0);
  });
});

function pointsInSource(): Set<string> {
  const services = join(ROOT, 'services');
  const files = readdirSync(services, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => /\.ts$/.test(file) && !/\.(test|fixture)\.ts$/.test(file));
  return new Set(
    sources.flatMap((file) =>
      [...readFileSync(join(services, file), 'utf8').matchAll(/crashPoint\('([^']+)'\)/g)].map(
        ([, name]) => name ?? '',
      ),
    ),
  );
}
