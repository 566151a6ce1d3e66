import { describe, expect, it } from 'vitest';
import { childKey, hexOf, randomOf, rootKey } from './random.ts';

const draws = (key: Parameters<typeof randomOf>[0], count: number): number[] => {
  const random = randomOf(key);
  return Array.from({ length: count }, () => random.uniform());
};

describe('a stream', () => {
  it('is named by its key alone', () => {
    expect(draws(childKey(rootKey(1), 'a'), 5)).toEqual(draws(childKey(rootKey(1), 'a'), 5));
    expect(draws(childKey(rootKey(1), 'a'), 5)).not.toEqual(draws(childKey(rootKey(1), 'b'), 5));
    expect(draws(rootKey(1), 5)).not.toEqual(draws(rootKey(2), 5));
  });

  it('tells the number 1 from the text "1", and large seeds apart', () => {
    expect(hexOf(childKey(rootKey(1), 1), 32)).not.toBe(hexOf(childKey(rootKey(1), '1'), 32));
    expect(hexOf(rootKey(5), 32)).not.toBe(hexOf(rootKey(5 + 2 ** 32), 32));
  });

  it('gives neighbours that have nothing in common', () => {
    const first = Array.from({ length: 2_000 }, (_, i) => randomOf(childKey(rootKey(1), i)).uniform());
    const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
    const lag = first.slice(1).reduce((sum, x, i) => sum + (x - mean) * ((first[i] ?? 0) - mean), 0) / first.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(lag / (1 / 12))).toBeLessThan(0.09);
    expect(new Set(first).size).toBe(2_000);
  });
});

describe('a sampler', () => {
  const random = randomOf(rootKey(9));
  const many = <T>(draw: () => T): T[] => Array.from({ length: 20_000 }, draw);
  const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

  it('has the mean that it says', () => {
    expect(meanOf(many(() => random.normal()))).toBeCloseTo(0, 1);
    expect(meanOf(many(() => random.spread(0.5)))).toBeCloseTo(1, 1);
    expect(meanOf(many(() => random.poisson(2.5)))).toBeCloseTo(2.5, 1);
    expect(meanOf(many(() => random.integer(3, 7)))).toBeCloseTo(5, 1);
  });

  it('stays within its bounds', () => {
    const drawn = many(() => random.integer(3, 7));
    expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([3, 7]);
    expect(new Set(many(() => random.weighted([1, 0, 2])))).toEqual(new Set([0, 2]));
  });
});
