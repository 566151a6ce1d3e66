import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reasonsOf } from './reasons.ts';

/** Contributions from few values, so that ties are frequent. */
const cases = fc
  .array(fc.oneof(fc.constantFrom(-0.5, 0, 0.25, 0.5), fc.double({ min: -1, max: 1, noNaN: true })), { maxLength: 12 })
  .map((contributions) => ({
    names: contributions.map((_, i) => `f${i}`),
    values: new Float64Array(contributions.length),
    contributions: Float64Array.from(contributions),
  }));

describe('reasons', () => {
  test('are the largest above 0, at most three, ties in the order of the catalogue: the same at every asking', () => {
    fc.assert(
      fc.property(cases, ({ names, values, contributions }) => {
        const { top } = reasonsOf(names, values, contributions);
        const ranked = names
          .map((name, i) => ({ name, value: 0, contribution: contributions[i]! }))
          .filter(({ contribution }) => contribution > 0)
          .sort((a, b) => b.contribution - a.contribution);
        expect(top).toEqual(ranked.slice(0, 3));
      }),
      { numRuns: 300, seed: 91 },
    );
  });

  test('and the rest as one sum are all contributions: nothing is left out, nothing told twice', () => {
    fc.assert(
      fc.property(cases, ({ names, values, contributions }) => {
        const { top, rest } = reasonsOf(names, values, contributions);
        const all = contributions.reduce((sum, value) => sum + value, 0);
        expect(top.reduce((sum, { contribution }) => sum + contribution, rest)).toBeCloseTo(all, 12);
      }),
      { numRuns: 300, seed: 92 },
    );
  });
});
