/**
 * The same bank gives the same predictions and decisions, to the bit, however it is processed (I3, I4, I6): ids, vectors, scores,
 * contributions and decisions are compared as stored. Profile versions change in mid-stream in every run.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { BankChoice } from '../../services/cli/bank.ts';
import { differences, type RunOutcome, runEngine } from '../support/engine-run.ts';
import { useStack } from '../support/shared-stack.ts';

const bank: BankChoice = { kind: 'synthetic', customers: 24, months: 7, seed: 11 };
const stack = useStack();

describe('a bank streamed twice', () => {
  let base: RunOutcome;

  beforeAll(async () => {
    base = await runEngine(stack(), { bank });
  });

  it('reconciles, with scores, offers and people left alone', () => {
    expect(base.reconciliation.checks.filter((check) => !check.holds)).toEqual([]);
    expect(base.stored.predictions.length).toBeGreaterThan(500);
    expect(base.stored.decisions).toHaveLength(base.stored.predictions.length);
    expect(base.stored.interventions.length).toBeGreaterThan(0);
  });

  it('saw profiles change in mid-stream', () => {
    const versions = new Set(
      base.stored.predictions.map((row) => (JSON.parse(row) as { profile_version: number }).profile_version),
    );
    expect(versions.size).toBeGreaterThan(1);
  });

  it.each([
    ['by one instance again', {}],
    ['by two features instances', { instances: { features: 2 } }],
    ['by two instances of scoring and of interventions', { instances: { scoring: 2, interventions: 2 } }],
  ])('%s gives the same bits', async (_, options) => {
    const other = await runEngine(stack(), { bank, ...options });
    expect(other.reconciliation.checks.filter((check) => !check.holds)).toEqual([]);
    expect(differences(base.stored, other.stored)).toEqual([]);
  });
});

describe('a smaller bank streamed', () => {
  const small: BankChoice = { ...bank, customers: 5, months: 6 };

  it('one record a batch gives the same bits as hundreds', async () => {
    const base = await runEngine(stack(), { bank: small });
    const settings = { features: { PDE_FEATURES_BATCH_MAX: '1' } };
    const single = await runEngine(stack(), { bank: small, settings, streamFlags: ['--batch-size', '20'] });
    expect(base.stored.predictions.length).toBeGreaterThan(100);
    expect(single.reconciliation.checks.filter((check) => !check.holds)).toEqual([]);
    expect(differences(base.stored, single.stored)).toEqual([]);
  });
});
