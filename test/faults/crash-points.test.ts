/**
 * The cases of the fault matrix that are part of `npm test`: kill -9 at every named crash point, and in the middle of a rebalance.
 * Nothing is lost, there twice, or different from a run without faults (I1-I5).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type StoredRows } from '../support/engine-run.ts';
import { useStack } from '../support/shared-stack.ts';
import { CASES, CRASH_POINTS } from './cases.ts';
import { planOf, shortSelection } from './plan.ts';
import { runCase, runWithoutFaults } from './run-case.ts';

const SEED = 1;
const IN_NPM_TEST = ['points:1', 'points:2', 'points:3', 'points:4', 'kill-in-rebalance:features'];

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

describe('a run in which faults strike', () => {
  const stack = useStack();
  const bank = { kind: 'synthetic', customers: 16, months: 6, seed: 5 } as const;
  const options = () => ({ stack: stack(), bank, rate: 0 });
  let base: StoredRows;
  beforeAll(async () => {
    base = await runWithoutFaults(options());
  });

  it.each(CASES.filter(({ name }) => IN_NPM_TEST.includes(name)))(
    '$name loses nothing, repeats nothing and changes nothing',
    async (each) => {
      const logs = join(tmpdir(), `pde-${each.name.replace(':', '-')}`);
      const result = await runCase(options(), each, SEED, base, logs);
      expect(result).toMatchObject({ findings: [], lost: 0, duplicated: 0, differing: 0, passed: true });
    },
  );
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
