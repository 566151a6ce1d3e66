import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auc, prAuc, rankBy } from './ranking.ts';

/** Scores of few values, so that ties are common; both classes present. */
const rows = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 6 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((list) => new Set(list.map(({ label }) => label)).size === 2);

const scoresOf = (list: readonly { score: number }[]) => list.map(({ score }) => score);
const labelsOf = (list: readonly { label: number }[]) => list.map(({ label }) => label);

/** Share of (positive, negative) pairs in the right order, equal ones half: the definition. */
function pairsInOrder(scores: readonly number[], labels: readonly number[]): number {
  let pairs = 0;
  let right = 0;
  scores.forEach((high, i) => {
    scores.forEach((low, j) => {
      if (labels[i] !== 1 || labels[j] !== 0) return;
      pairs++;
      right += high > low ? 1 : high === low ? 0.5 : 0;
    });
  });
  return right / pairs;
}

describe('AUC', () => {
  test('by hand: three of four pairs in order, and a tie counts half', () => {
    expect(auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(auc([1, 1, 2], [0, 1, 1])).toBe(0.75);
    expect(auc([5, 5, 5], [0, 1, 0])).toBe(0.5);
    expect(auc([1, 2], [1, 0])).toBe(0);
  });

  test('is the share of pairs in order', () => {
    fc.assert(
      fc.property(rows, (list) => {
        expect(auc(scoresOf(list), labelsOf(list))).toBeCloseTo(pairsInOrder(scoresOf(list), labelsOf(list)), 12);
      }),
    );
  });

  test('does not change with the order of the rows or with a rising function of the score', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const here = auc(scoresOf(list), labelsOf(list));
        expect(auc(scoresOf(list.toReversed()), labelsOf(list.toReversed()))).toBe(here);
        expect(auc(scoresOf(list).map(Math.exp), labelsOf(list))).toBe(here);
      }),
    );
  });

  test('is not known without a positive or without a negative', () => {
    expect(auc([1, 2], [1, 1])).toBeNaN();
    expect(auc([1, 2], [0, 0])).toBeNaN();
    expect(auc([1, 2], [0, 1], [1, 0])).toBeNaN();
  });
});

describe('average precision', () => {
  test('by hand: 1/2 x 1 + 1/2 x 2/3', () => {
    expect(prAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(5 / 6, 12);
  });

  test('by hand: rows of one score are taken together, in any order of them', () => {
    expect(prAuc([2, 2, 1], [1, 0, 1])).toBeCloseTo(0.5 * (1 / 2) + 0.5 * (2 / 3), 12);
    expect(prAuc([2, 2, 1], [0, 1, 1])).toBeCloseTo(0.5 * (1 / 2) + 0.5 * (2 / 3), 12);
  });

  test('of one score for all is the share of positives', () => {
    expect(prAuc([3, 3, 3, 3], [1, 0, 0, 0])).toBe(0.25);
  });
});

describe('weights', () => {
  const weighted = rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 40, maxLength: 40 })),
  );

  test('are repetition', () => {
    fc.assert(
      fc.property(weighted, (drawn) => {
        const [list, times] = drawn;
        const repeated = list.flatMap((row, i) => Array(times[i]!).fill(row) as typeof list);
        const ranking = rankBy(scoresOf(list), labelsOf(list));
        expect(ranking.auc(times)).toBeCloseTo(auc(scoresOf(repeated), labelsOf(repeated)), 12);
        expect(ranking.prAuc(times)).toBeCloseTo(prAuc(scoresOf(repeated), labelsOf(repeated)), 12);
      }),
    );
  });

  test('of 0 leave a row out', () => {
    expect(auc([1, 3, 2], [0, 0, 1], [1, 0, 1])).toBe(1);
    expect(prAuc([1, 3, 2], [0, 0, 1], [1, 0, 1])).toBe(1);
  });
});

describe('rows that cannot be measured are refused', () => {
  test.each<[string, number[], number[], RegExp]>([
    ['of unequal length', [1, 2], [1], /2 values and 1 labels/],
    ['with another label', [1, 2], [1, 2], /label of row 1 is 2/],
    ['with a score that is not known', [1, Number.NaN], [1, 0], /value of row 1 is NaN/],
  ])('%s', (_, scores, labels, message) => {
    expect(() => auc(scores, labels)).toThrow(message);
  });
});
