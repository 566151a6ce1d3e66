import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forestMargin } from '../forest.ts';
import type { ShapKernel } from '../shap.ts';
import { createTreeShap } from '../tree-shap.ts';
import { BLOCK_ROWS } from './block.ts';
import { createFastShap, MAX_TABLE_BYTES } from './fast-shap.ts';
import { type RandomForest, randomForest, stumps } from './random-forest.fixture.ts';

const INPUTS = 9;

function explain(kernel: ShapKernel, { forest, rows, count }: RandomForest): Float64Array {
  const out = new Float64Array(count * forest.features.length).fill(7);
  kernel.explain(rows, count, out);
  return out;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** The rows in another order: result row i is row `order[i]`. */
function reorder(rows: Float32Array, order: readonly number[]): Float32Array {
  return Float32Array.from(order.flatMap((row) => [...rows.subarray(row * INPUTS, (row + 1) * INPUTS)]));
}

/** Depth up to 8 and any number of rows, so that either kernel has its turn. */
const cases = fc
  .record({
    seed: fc.integer(),
    trees: fc.integer({ min: 1, max: 6 }),
    depth: fc.integer({ min: 0, max: 8 }),
    rows: fc.integer({ min: 1, max: 70 }),
    leafShare: fc.constantFrom(0, 0.2, 0.5),
  })
  .map(({ leafShare, depth, ...rest }) =>
    randomForest({ ...rest, depth, inputs: INPUTS, leafShare: depth > 6 ? 0.3 : leafShare }),
  );

describe('SHAP by tables on random forests', () => {
  test('agrees with the recursive kernel: NaN, infinities, values at thresholds, inputs that repeat on a path', () => {
    fc.assert(
      fc.property(cases, (example) => {
        const fast = createFastShap(example.forest);
        const exact = createTreeShap(example.forest);
        expect(fast.fallback).toBeNull();
        expect(fast.baseValue).toBe(exact.baseValue);
        expect(largestDifference(explain(fast, example), explain(exact, example))).toBeLessThan(1e-7);
      }),
      { numRuns: 200, seed: 21 },
    );
  });

  test('adds up to the margin (I7), and is exactly 0 for an input that no tree uses', () => {
    fc.assert(
      fc.property(cases, (example) => {
        const kernel = createFastShap(example.forest);
        const contributions = explain(kernel, example);
        for (let row = 0; row < example.count; row++) {
          const own = contributions.subarray(row * INPUTS, (row + 1) * INPUTS);
          const sum = own.reduce((total, value) => total + value, kernel.baseValue);
          expect(sum).toBeCloseTo(forestMargin(example.forest, example.rows, row), 6);
          expect(own[INPUTS - 1]).toBe(0);
        }
      }),
      { numRuns: 100, seed: 22 },
    );
  });

  test('gives a row the same bits alone, in any batch and in any order (I6)', () => {
    fc.assert(
      fc.property(cases, fc.integer(), (example, turn) => {
        const kernel = createFastShap(example.forest);
        const batched = explain(kernel, example);
        const order = Array.from({ length: example.count }, (_, i) => (i * 71 + (turn >>> 0)) % example.count);
        const rows = reorder(example.rows, order);
        const reordered = explain(kernel, { ...example, rows });
        for (const [i, row] of order.entries()) {
          const expected = batched.slice(row * INPUTS, (row + 1) * INPUTS);
          expect(reordered.slice(i * INPUTS, (i + 1) * INPUTS)).toEqual(expected);
          const alone = reorder(example.rows, [row]);
          expect(explain(kernel, { ...example, rows: alone, count: 1 })).toEqual(expected);
        }
      }),
      { numRuns: 60, seed: 23 },
    );
  });

  test('follows the default side where a value is unknown: any value on that side gives the same bits', () => {
    fc.assert(
      fc.property(cases, fc.nat(INPUTS - 2), fc.boolean(), (example, input, left) => {
        const { forest, rows, count } = example;
        const defaultLeft = forest.defaultLeft.map((side, node) =>
          forest.feature[node] === input ? Number(left) : side,
        );
        const kernel = createFastShap({ ...forest, defaultLeft });
        const put = (value: number): Float32Array => rows.map((own, i) => (i % INPUTS === input ? value : own));
        const unknown = explain(kernel, { forest, rows: put(Number.NaN), count });
        const extreme = left ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
        expect(unknown).toEqual(explain(kernel, { forest, rows: put(extreme), count }));
      }),
      { numRuns: 60, seed: 24 },
    );
  });
});

test('more rows than a block holds are explained as each alone', () => {
  const example = randomForest({ seed: 3, trees: 4, depth: 5, inputs: INPUTS, rows: 2 * BLOCK_ROWS + 3 });
  const kernel = createFastShap(example.forest);
  const together = explain(kernel, example);
  const alone = Array.from({ length: example.count }, (_, row) =>
    explain(kernel, { ...example, rows: reorder(example.rows, [row]), count: 1 }),
  );
  expect(together).toEqual(Float64Array.from(alone.flatMap((row) => [...row])));
});

test('many inputs share words in many ways', () => {
  const example = randomForest({ seed: 4, trees: 60, depth: 6, inputs: 50, rows: 40, leafShare: 0, scale: 0.1 });
  const fast = createFastShap(example.forest);
  expect(fast.fallback).toBeNull();
  expect(largestDifference(explain(fast, example), explain(createTreeShap(example.forest), example))).toBeLessThan(
    1e-6,
  );
});

describe('where tables do not serve, the recursive kernel does, and says why', () => {
  const options = { seed: 5, trees: 2, depth: 6, inputs: INPUTS, rows: 12, leafShare: 0 };
  test.each<[string, RandomForest, number, RegExp]>([
    ['a path of nine decisions', randomForest({ ...options, depth: 9 }), 1 << 25, /more decisions than a byte/],
    ['more distinct decisions than 16 bits number', stumps(65_001), 1 << 25, /more distinct decisions/],
    ['tables over the limit', randomForest(options), 1000, /over the limit/],
    ['leaves of thousands', randomForest({ ...options, scale: 5000 }), 1 << 25, /too large for the fixed point/],
  ])('%s', (_, example, maxBytes, reason) => {
    const kernel = createFastShap(example.forest, maxBytes);
    expect(kernel.fallback).toMatch(reason);
    expect(explain(kernel, example)).toEqual(explain(createTreeShap(example.forest), example));
  });

  test('as many distinct decisions as are allowed still have tables', () => {
    const example = stumps(65_000);
    const kernel = createFastShap(example.forest);
    expect(kernel.fallback).toBeNull();
    const exact = explain(createTreeShap(example.forest), example);
    expect(largestDifference(explain(kernel, example), exact)).toBeLessThan(1e-6);
  });

  test('a tighter limit first makes smaller groups', () => {
    const example = randomForest({ ...options, depth: 4 });
    const ample = createFastShap(example.forest);
    const tight = createFastShap(example.forest, ample.tableBytes / 2);
    expect(tight.fallback).toBeNull();
    expect(tight.tableBytes).toBeLessThanOrEqual(ample.tableBytes / 2);
    expect(largestDifference(explain(tight, example), explain(ample, example))).toBeLessThan(1e-7);
  });

  test('the bound is 32 MB: a larger model is explained by recursion, to the same values', () => {
    expect(MAX_TABLE_BYTES).toBe(32 * 1024 * 1024);
    const large = randomForest({ ...options, trees: 400, depth: 7, inputs: 33, rows: 1, scale: 0.05 });
    const kernel = createFastShap(large.forest);
    expect(kernel.fallback).toMatch(/over the limit/);
    expect(kernel.tableBytes).toBe(0);
    const sum = explain(kernel, large).reduce((total, value) => total + value, kernel.baseValue);
    expect(sum).toBeCloseTo(forestMargin(large.forest, large.rows, 0), 6);
  });
});
