/**
 * kill -9 at each named crash point: after the restart everything reconciles, nothing is there twice, and nothing differs from a
 * run without faults (I1-I5).
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { BankChoice } from '../../services/cli/bank.ts';
import { differences, type RunOutcome, runEngine } from '../support/engine-run.ts';
import { useStack } from '../support/shared-stack.ts';

const bank: BankChoice = { kind: 'synthetic', customers: 16, months: 6, seed: 5 };
const stack = useStack();

/** Small batches, so that there is something before and after the crash; whoever is killed is missed soon. */
const settings = {
  features: { PDE_FEATURES_BATCH_MAX: '100', PDE_FEATURES_SESSION_TIMEOUT_MS: '6000' },
  scoring: {},
  interventions: { PDE_INTERVENTIONS_SESSION_TIMEOUT_MS: '6000' },
};

describe('a process killed at', () => {
  let base: RunOutcome;

  beforeAll(async () => {
    base = await runEngine(stack(), { bank });
  });

  it.each<Partial<Record<keyof typeof settings, string>>>([
    { features: 'before-score@3' },
    { features: 'after-score-before-commit@3' },
    { features: 'after-move-before-commit@3' },
    { features: 'after-commit@3' },
    { scoring: 'scoring-before-commit@3', interventions: 'interventions-after-commit@3' },
    { scoring: 'scoring-after-commit@3', interventions: 'interventions-before-commit@3' },
    { scoring: 'after-commit-before-publish@3', interventions: 'between-publish-and-cursor@3' },
    { scoring: 'between-publish-and-cursor@3', features: 'after-score-before-commit@6' },
  ])('%o loses nothing, repeats nothing and changes nothing', async (points) => {
    const run = await runEngine(stack(), { bank, settings: armed(points) });
    for (const service of Object.keys(points)) expect(run.restarts[service]).toBe(1);
    expect(run.reconciliation.checks.filter((check) => !check.holds)).toEqual([]);
    expect(differences(base.stored, run.stored)).toEqual([]);
  });
});

function armed(points: Partial<Record<keyof typeof settings, string>>) {
  const services = Object.keys(settings) as (keyof typeof settings)[];
  return Object.fromEntries(
    services.map((service) => {
      const point = points[service];
      return [service, { ...settings[service], ...(point === undefined ? {} : { PDE_CRASH_POINT: point }) }];
    }),
  );
}
