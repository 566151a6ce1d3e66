import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Assessment } from './assessment.ts';
import { type Counterfactuals, findCounterfactuals, type PlacedLever, type Rescore } from './counterfactuals.ts';
import { forestMargin } from './forest.ts';
import { randomForest } from './kernel/random-forest.fixture.ts';
import { type RiskLevel, riskLevel, riskRank } from './risk.ts';

/** A model whose risk score is what `scoreOf` says. */
const modelOf =
  (scoreOf: (values: Float64Array) => number): Rescore =>
  async (vectors) =>
    vectors.map((values) => assessmentOf(scoreOf(values)));

function assessmentOf(score: number): Assessment {
  const reasons = { top: [], rest: 0 };
  return { probability: score / 10, riskScore: score, riskLevel: riskLevel(score), reasons, featuresKnown: 1 };
}

const lever = (place: number, change: Partial<PlacedLever> = {}): PlacedLever => ({
  ...{ place, fact: (['overdue', 'cash', 'balance'] as const)[place % 3]!, towards: -1, step: 1, reach: 10, bound: 0 },
  ...{ customer: 'Something may help' },
  ...change,
});

const changesOf = (outcome: Counterfactuals) =>
  outcome.kind === 'found'
    ? outcome.found.map(({ changes }) => changes.map(({ place, to }) => [place, to]))
    : outcome.kind;

describe('a level is lowered by the smallest change that the model confirms', () => {
  test('one lever, moved to a whole number of steps', async () => {
    const rescore = modelOf(([share]) => 0.2 + share!);
    const outcome = await findCounterfactuals(
      Float64Array.of(0.42),
      'HIGH',
      [lever(0, { step: 0.05, reach: 1 })],
      rescore,
    );
    expect(changesOf(outcome)).toEqual([[[0, Math.fround(0.25)]]]);
  });

  test('no further than needed', async () => {
    const rescore = modelOf(([days, share]) => 0.09 + 0.05 * days! + 0.01 * share!);
    const outcome = await findCounterfactuals(Float64Array.of(9, 5), 'HIGH', [lever(0), lever(1)], rescore);
    expect(changesOf(outcome)).toEqual([[[0, 7]]]);
    expect(outcome).toMatchObject({ found: [{ effort: 0.2, assessment: { riskLevel: 'MEDIUM' } }] });
  });

  test('at most three, least effort first, ties in the order of the levers', async () => {
    const rescore = modelOf((values) => (values.some((value) => value < 4) ? 0.2 : 0.4));
    const levers = [5, 6, 5, 9].map((_, place) => lever(place));
    const outcome = await findCounterfactuals(Float64Array.of(5, 6, 5, 9), 'MEDIUM', levers, rescore);
    expect(changesOf(outcome)).toEqual([[[0, 3]], [[2, 3]], [[1, 3]]]);
  });

  test('two levers of different facts where no single one is enough, each no further than needed', async () => {
    const rescore = modelOf(([a, b, c]) => (a! <= 6 && b! <= 3 ? 0.6 : 0.8) + 0 * c!);
    const outcome = await findCounterfactuals(
      Float64Array.of(9, 9, 9),
      'CRITICAL',
      [0, 1, 2].map((i) => lever(i)),
      rescore,
    );
    expect(changesOf(outcome)).toEqual([
      [
        [0, 6],
        [1, 3],
      ],
    ]);
  });

  test('never two levers of one fact', async () => {
    const rescore = modelOf(([a, b]) => (a! <= 6 && b! <= 3 ? 0.6 : 0.8));
    const same = [lever(0, { fact: 'cash' }), lever(1, { fact: 'cash' })];
    expect(await findCounterfactuals(Float64Array.of(9, 9), 'CRITICAL', same, rescore)).toEqual({ kind: 'none-found' });
  });
});

describe('nothing is promised', () => {
  test('where the level is LOW already', async () => {
    const unused: Rescore = () => Promise.reject(new Error('nothing is to be scored'));
    expect(await findCounterfactuals(Float64Array.of(9), 'LOW', [lever(0)], unused)).toEqual({ kind: 'already-low' });
  });

  test.each<[string, number, Partial<PlacedLever>]>([
    ['beyond the reach', 20, {}],
    ['past the bound', 9, { bound: 5 }],
    ['of a value that is not known', Number.NaN, {}],
    ['where the value is past the bound already', -1, {}],
  ])('%s', async (_, value, change) => {
    const rescore = modelOf(([x]) => (x! <= 4 && x! >= 0 ? 0.1 : 0.9));
    const outcome = await findCounterfactuals(Float64Array.of(value), 'HIGH', [lever(0, change)], rescore);
    expect(outcome).toEqual({ kind: 'none-found' });
  });

  test('that the model refused to score (I7)', async () => {
    const refusing: Rescore = async (vectors) => vectors.map(() => null);
    expect(await findCounterfactuals(Float64Array.of(9), 'HIGH', [lever(0)], refusing)).toEqual({ kind: 'none-found' });
  });
});

/** Places 0-4 of random forests, three facts, small steps over the grid of their thresholds. */
const LEVERS = [0, 1, 2, 3, 4].map((place) =>
  lever(place, { towards: place % 2 === 0 ? -1 : 1, step: 0.5, reach: 3, bound: place % 2 === 0 ? -2 : null }),
);

describe('on random forests', () => {
  const cases = fc.record({ seed: fc.integer(), actionMargin: fc.double({ min: -1, max: 1, noNaN: true }) });
  const setting = ({ seed, actionMargin }: { seed: number; actionMargin: number }) => {
    const { forest, rows } = randomForest({ seed, trees: 8, depth: 4, inputs: 7, rows: 1 });
    const values = Float64Array.from(rows);
    const scoreOf = (vector: Float64Array) =>
      1 / (1 + Math.exp(actionMargin - 2 * forestMargin(forest, Float32Array.from(vector), 0)));
    return { values, scoreOf, level: riskLevel(scoreOf(values)) };
  };

  test('every answer is what the model says of the changed vector, lower than before, by one or two levers within reach', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        const { values, scoreOf, level } = setting(example);
        const outcome = await findCounterfactuals(values, level, LEVERS, modelOf(scoreOf));
        fc.pre(outcome.kind === 'found');
        for (const { changes, assessment } of outcome.found) {
          const vector = values.slice();
          for (const { place, from, to } of changes) {
            const { towards, reach, bound } = LEVERS[place]!;
            expect(from).toBe(values[place]);
            expect((to - from) * towards).toBeGreaterThan(0);
            expect(Math.abs(to - from)).toBeLessThanOrEqual(reach + 1e-5);
            expect(bound === null || to >= bound).toBe(true);
            vector[place] = to;
          }
          expect(assessment.riskScore).toBe(scoreOf(vector));
          expect(riskRank(assessment.riskLevel)).toBeLessThan(riskRank(level));
          expect(new Set(changes.map(({ place }) => LEVERS[place]!.fact)).size).toBe(changes.length);
          expect([1, 2]).toContain(changes.length);
        }
      }),
      { numRuns: 150, seed: 61 },
    );
  });

  test('none found, or two levers, means that no step of a single lever is enough; the first is the least of all single ones', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        const { values, scoreOf, level } = setting(example);
        const outcome = await findCounterfactuals(values, level, LEVERS, modelOf(scoreOf));
        fc.pre(outcome.kind !== 'already-low');
        const least = leastSingle(values, level, scoreOf);
        const first = outcome.kind === 'found' ? outcome.found[0]! : null;
        if (least === null) expect(first?.changes.length ?? 2).toBe(2);
        else expect(first).toMatchObject({ changes: [expect.anything()], effort: least });
      }),
      { numRuns: 150, seed: 62 },
    );
  });
});

/** By trying everything: the least effort of a single lever, or null. */
function leastSingle(values: Float64Array, level: RiskLevel, scoreOf: (vector: Float64Array) => number): number | null {
  const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 2);
  const efforts = LEVERS.flatMap(({ place, towards, bound, reach }) =>
    grid.flatMap((to) => {
      const by = (to - values[place]!) * towards;
      const allowed = by > 0 && by <= reach && (bound === null || to >= bound);
      return allowed && riskRank(riskLevel(scoreOf(values.with(place, to)))) < riskRank(level) ? [by / reach] : [];
    }),
  );
  return efforts.length === 0 ? null : Math.min(...efforts);
}
