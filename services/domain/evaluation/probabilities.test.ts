import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brier, ece, logLoss, observedOverExpected } from './probabilities.ts';

const rows = fc.array(
  fc.record({
    p: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    label: fc.integer({ min: 0, max: 1 }),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
);
const split = (list: readonly { p: number; label: number }[]) =>
  [list.map(({ p }) => p), list.map(({ label }) => label)] as const;

test('Brier by hand', () => {
  expect(brier([0.9, 0.2], [1, 0])).toBeCloseTo((0.01 + 0.04) / 2, 12);
});

describe('log-loss', () => {
  test('by hand', () => {
    expect(logLoss([0.9, 0.2], [1, 0])).toBeCloseTo(-(Math.log(0.9) + Math.log(0.8)) / 2, 12);
  });

  test('of a certain error is 36 nats, and finite', () => {
    expect(logLoss([0], [1])).toBeCloseTo(52 * Math.LN2, 9);
    expect(logLoss([1], [0])).toBeCloseTo(52 * Math.LN2, 9);
    expect(logLoss([1, 0], [1, 0])).toBeCloseTo(0, 12);
  });
});

test('observed over expected by hand', () => {
  expect(observedOverExpected([0.5, 0.25, 0.25], [1, 0, 0])).toBe(1);
  expect(observedOverExpected([0.1, 0.1], [1, 0])).toBeCloseTo(5, 12);
  expect(observedOverExpected([0, 0], [1, 0])).toBeNaN();
});

describe('expected calibration error', () => {
  test('by hand: two bins of two', () => {
    expect(ece([0.1, 0.2, 0.6, 0.9], [0, 1, 1, 1], 2)).toBeCloseTo((Math.abs(0.3 - 1) + Math.abs(1.5 - 2)) / 4, 12);
  });

  test('of zero for everyone is the base rate, which is why it proves nothing where positives are rare', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 2 ? 1 : 0));
    expect(ece(Array(100).fill(0), labels)).toBeCloseTo(0.02, 12);
  });

  test('keeps equal probabilities in one bin, so that the order of the rows does not count', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const coarse = list.map((row) => ({ ...row, p: Math.round(row.p * 4) / 4 }));
        const [p, labels] = split(coarse);
        const [q, reversed] = split(coarse.toReversed());
        expect(ece(q, reversed, 5)).toBeCloseTo(ece(p, labels, 5), 12);
      }),
    );
  });

  test('of one bin is the difference of the means', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const [p, labels] = split(list);
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(ece(p, labels, 1)).toBeCloseTo(Math.abs(mean(p) - mean(labels)), 12);
      }),
    );
  });
});

test('weights are repetition', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const [p, labels] = split(list);
      const times = list.map((row) => row.times);
      const [q, repeated] = split(list.flatMap((row) => Array(row.times).fill(row) as typeof list));
      expect(brier(p, labels, times)).toBeCloseTo(brier(q, repeated), 12);
      expect(logLoss(p, labels, times)).toBeCloseTo(logLoss(q, repeated), 12);
      expect(observedOverExpected(p, labels, times)).toBeCloseTo(observedOverExpected(q, repeated), 12);
    }),
  );
});

test('what is no probability is refused', () => {
  expect(() => brier([1.2], [1])).toThrow('probability of row 0 is 1.2, not in 0 to 1');
  expect(() => ece([0.5], [1], 0)).toThrow('bins is 0');
});
