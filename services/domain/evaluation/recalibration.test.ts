import { describe, expect, test } from 'vitest';
import { randomOf, rootKey } from '../synthetic-bank/random.ts';
import { calibrationSlope, recalibrate } from './recalibration.ts';

/** Rows whose labels have exactly the share that their probability says: 1 in 5 of 0.2, 4 in 5 of 0.8. */
const EXACT = { p: [...Array(5).fill(0.2), ...Array(5).fill(0.8)], labels: [1, 0, 0, 0, 0, 1, 1, 1, 1, 0] };

describe('logistic recalibration', () => {
  test('by hand: right probabilities have slope 1 and intercept 0', () => {
    const { slope, intercept } = recalibrate(EXACT.p, EXACT.labels);
    expect(slope).toBeCloseTo(1, 9);
    expect(intercept).toBeCloseTo(0, 9);
  });

  test('by hand: log-odds twice too large have slope 1/2', () => {
    const extreme = EXACT.p.map((p) => p ** 2 / (p ** 2 + (1 - p) ** 2));
    expect(calibrationSlope(extreme, EXACT.labels)).toBeCloseTo(0.5, 9);
  });

  test('by hand: odds twice too large have intercept -ln 2', () => {
    const high = EXACT.p.map((p) => (2 * p) / (2 * p + 1 - p));
    const { slope, intercept } = recalibrate(high, EXACT.labels);
    expect(slope).toBeCloseTo(1, 9);
    expect(intercept).toBeCloseTo(-Math.LN2, 9);
  });

  test('converges from far: log-odds distorted by 6 times and shifted', () => {
    const random = randomOf(rootKey(3));
    const z = Array.from({ length: 5000 }, () => -3 + random.normal());
    const labels = z.map((value) => (random.chance(1 / (1 + Math.exp(-value))) ? 1 : 0));
    const slopeOf = (scale: number, shift: number) =>
      recalibrate(
        z.map((value) => 1 / (1 + Math.exp(-(scale * value + shift)))),
        labels,
      );
    const right = slopeOf(1, 0);
    const wild = slopeOf(6, 9);
    expect(wild.slope).toBeCloseTo(right.slope / 6, 6);
    expect(wild.intercept).toBeCloseTo(right.intercept - (9 * right.slope) / 6, 6);
  });

  test('ends at the maximum however many rows there are and whatever the sums round to', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = randomOf(rootKey(seed));
      const z = Array.from({ length: 20_000 }, () => -3.4 + random.normal());
      const labels = z.map((value) => (random.chance(1 / (1 + Math.exp(-value))) ? 1 : 0));
      const slope = calibrationSlope(
        z.map((value) => 1 / (1 + Math.exp(-value))),
        labels,
      );
      expect(slope).toBeGreaterThan(0.8);
      expect(slope).toBeLessThan(1.2);
    }
  });

  test('weights are repetition', () => {
    const repeated = { p: [0.2, 0.2, 0.2, 0.8, 0.8, 0.5], labels: [1, 0, 0, 1, 0, 1] };
    expect(calibrationSlope([0.2, 0.2, 0.8, 0.8, 0.5], [1, 0, 1, 0, 1], [1, 2, 1, 1, 1])).toBeCloseTo(
      calibrationSlope(repeated.p, repeated.labels),
      9,
    );
  });

  test.each<[string, number[], number[]]>([
    ['one class only', [0.2, 0.4, 0.6], [0, 0, 0]],
    ['one probability for all', [0.3, 0.3, 0.3], [1, 0, 0]],
    ['classes that the probability separates', [0.1, 0.2, 0.7, 0.8], [0, 0, 1, 1]],
  ])('%s has no finite fit', (_, p, labels) => {
    expect(recalibrate(p, labels)).toEqual({ slope: Number.NaN, intercept: Number.NaN });
  });
});
