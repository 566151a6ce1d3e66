import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrapByCluster, quantile } from './bootstrap.ts';

const clusters = ['a', 'a', 'b', 'c', 'c', 'c'];
const sum = (weights: Float64Array) => weights.reduce((total, weight) => total + weight, 0);

describe('bootstrap by customer', () => {
  test('the rows of one customer are drawn together, as many customers as there are', () => {
    bootstrapByCluster({
      clusters,
      samples: 50,
      seed: 1,
      statistic: (weights) => {
        expect(weights[1]).toBe(weights[0]);
        expect(weights[4]).toBe(weights[3]);
        expect(weights[5]).toBe(weights[3]);
        expect(weights[0]! + weights[2]! + weights[3]!).toBe(3);
        return 0;
      },
    });
  });

  test('same seed, same samples; sample i does not depend on how many there are', () => {
    const run = (seed: number, samples: number) => [
      ...bootstrapByCluster({ clusters, samples, seed, statistic: sum }).values,
    ];
    expect(run(7, 40)).toEqual(run(7, 40));
    expect(run(7, 60).slice(0, 40)).toEqual(run(7, 40));
    expect(run(8, 40)).not.toEqual(run(7, 40));
  });

  test('the interval of a mean of 400 customers is about 1.96 standard errors wide to each side', () => {
    const values = Array.from({ length: 400 }, (_, i) => i % 2);
    const { lo, hi } = bootstrapByCluster({
      clusters: values.map((_, i) => i),
      samples: 2000,
      seed: 5,
      statistic: (weights) => weights.reduce((total, weight, i) => total + weight * values[i]!, 0) / sum(weights),
    });
    expect(lo).toBeCloseTo(0.5 - 1.96 * 0.025, 2);
    expect(hi).toBeCloseTo(0.5 + 1.96 * 0.025, 2);
  });

  test('a sample without a value is left out', () => {
    let call = 0;
    const { values, lo, hi } = bootstrapByCluster({
      clusters,
      samples: 10,
      seed: 1,
      statistic: () => (call++ % 2 === 0 ? Number.NaN : 3),
    });
    expect(values).toHaveLength(5);
    expect([lo, hi]).toEqual([3, 3]);
  });

  test('no rows and no samples are refused', () => {
    expect(() => bootstrapByCluster({ clusters: [], samples: 1, seed: 1, statistic: sum })).toThrow('no row');
    expect(() => bootstrapByCluster({ clusters, samples: 0, seed: 1, statistic: sum })).toThrow('samples is 0');
  });
});

describe('quantile', () => {
  test('by hand', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(quantile([5], 0.3)).toBe(5);
    expect(quantile([], 0.3)).toBeNaN();
  });

  test('lies between the least and the largest', () => {
    const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const rising = list.toSorted((a, b) => a - b);
        const value = quantile(rising, share);
        expect(value).toBeGreaterThanOrEqual(rising[0]! - 1e-9);
        expect(value).toBeLessThanOrEqual(rising.at(-1)! + 1e-9);
      }),
    );
  });
});
