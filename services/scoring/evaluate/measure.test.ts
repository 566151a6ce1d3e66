import { describe, expect, it } from 'vitest';
import { childKey, randomOf, rootKey } from '../../domain/synthetic-bank/random.ts';
import { logisticScores, oneLineScores } from './baselines.ts';
import { measure, type Scored } from './measure.ts';
import type { EvaluationRows } from './rows.ts';

/** Customers of four rows whose chance of a miss is known; the model sees half of what decides it. */
function world(customers: number): Scored & { readonly oracle: Float64Array; readonly visible: Float64Array } {
  const random = randomOf(childKey(rootKey(9), 'world'));
  const chance = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
  const rows = Array.from({ length: 4 * customers }, (_, row) => {
    const seen = random.normal();
    const hidden = random.normal();
    const oracle = chance(-2 + seen + hidden);
    return { customer: `c${row >> 2}`, seen, oracle, label: random.chance(oracle) ? 1 : 0 };
  });
  return {
    customers: rows.map(({ customer }) => customer),
    labels: Float64Array.from(rows, ({ label }) => label),
    probabilities: Float64Array.from(rows, ({ seen }) => chance(-1.8 + 0.9 * seen)),
    oracle: Float64Array.from(rows, ({ oracle }) => oracle),
    visible: Float64Array.from(rows, ({ seen }) => chance(-2 + seen)),
    actionProbability: 0.1,
  };
}

const settings = { samples: 120, seed: 1 };
const scored = world(500);
const figures = measure(scored, settings);

describe('the figures of an evaluation', () => {
  it('have these names: other programs read them', () => {
    expect(Object.keys(figures)).toEqual([
      'n',
      'customers',
      'positives',
      'auc',
      'auc_ci',
      'pr_auc',
      'oracle_auc',
      'oracle_auc_ci',
      'visible_auc',
      'visible_auc_ci',
      'of_oracle',
      'of_visible',
      'brier',
      'log_loss',
      'ece',
      'slope',
      'observed_expected',
      'observed_expected_ci',
      'levels',
      'bootstrap',
    ]);
    expect(Object.keys(figures.levels[0]!)).toEqual([
      'level',
      'n',
      'positives',
      'share',
      'expected',
      'observed',
      'observed_expected',
      'observed_expected_ci',
    ]);
  });

  it('show the model between chance and what could be known', () => {
    const { auc, auc_ci: interval, oracle_auc: oracle, of_oracle: ofOracle, of_visible: ofVisible } = figures;
    expect(auc).toBeGreaterThan(interval[0]);
    expect(auc).toBeLessThan(interval[1]);
    expect(oracle!).toBeGreaterThan(auc);
    expect(ofOracle!.ratio).toBeCloseTo((auc - 0.5) / (oracle! - 0.5), 5);
    expect(ofOracle!.hi).toBeLessThan(1);
    // The ceiling ranks as the model does: the bootstrap is paired, so its ratio is 1 in every sample.
    expect(ofVisible).toEqual({ ratio: 1, lo: 1, hi: 1 });
  });

  it('count every row once in a level, and every level in its own way', () => {
    expect(figures.levels.reduce((sum, { n }) => sum + n, 0)).toBe(figures.n);
    const [low, , , critical] = figures.levels;
    expect(low!.observed!).toBeLessThan(critical!.observed!);
    expect(figures.levels.reduce((sum, { positives }) => sum + positives, 0)).toBe(figures.positives);
    for (const { observed_expected: ratio, observed_expected_ci: interval } of figures.levels) {
      expect(ratio!).toBeGreaterThan(interval![0]);
      expect(ratio!).toBeLessThan(interval![1]);
    }
    const certain = measure({ ...scored, probabilities: scored.probabilities.map(() => 0.01) }, settings);
    expect(certain.levels[3]).toEqual({
      level: 'CRITICAL',
      n: 0,
      positives: 0,
      share: 0,
      expected: null,
      observed: null,
      observed_expected: null,
      observed_expected_ci: null,
    });
  });

  it('say nothing of an oracle or a ceiling that is not there', () => {
    expect(measure({ ...scored, oracle: null, visible: null }, settings)).toEqual({
      ...figures,
      oracle_auc: null,
      oracle_auc_ci: null,
      visible_auc: null,
      visible_auc_ci: null,
      of_oracle: null,
      of_visible: null,
    });
  });

  it('have intervals over the samples that have a positive, where positives are few', () => {
    const few = { ...scored, labels: scored.labels.map((_, row) => (row === 5 ? 1 : 0)) };
    const { auc, auc_ci: interval, of_oracle: ofOracle } = measure(few, settings);
    expect(interval.every((bound) => Math.abs(bound - auc) < 0.1)).toBe(true);
    expect(Number.isFinite(ofOracle?.lo)).toBe(true);
  });

  it('are the same for the same seed', () => {
    expect(measure(scored, settings)).toEqual(figures);
    expect(measure(scored, { ...settings, seed: 2 }).auc_ci).not.toEqual(figures.auc_ci);
  });
});

describe('baselines', () => {
  const rows = {
    count: 3,
    features: new Map([
      ['a', Float32Array.of(1, Number.NaN, 100)],
      ['b', Float32Array.of(2, 3, Number.NaN)],
    ]),
  } as unknown as EvaluationRows;

  it('one feature alone: unknown counts as the fill, and less may be riskier', () => {
    expect([...oneLineScores({ feature: 'a', direction: -1, fill: 7 }, rows)]).toEqual([-1, -7, -100]);
  });

  it('logistic regression: standardised, held within the limit, with a term for what is unknown', () => {
    const term = { fill: 0, mean: 1, scale: 2, unknown_coefficient: 0.5 };
    const logistic = {
      intercept: -1,
      limit: 3,
      terms: [
        { ...term, feature: 'a', coefficient: 1 },
        { ...term, feature: 'b', coefficient: 10 },
      ],
    };
    expect([...logisticScores(logistic, rows)]).toEqual([-1 + 0 + 5, -1 - 0.5 + 0.5 + 10, -1 + 3 - 5 + 0.5]);
  });
});
