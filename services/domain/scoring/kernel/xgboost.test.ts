import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Forest, forestMargin, parseForest } from '../forest.ts';
import type { ShapKernel } from '../shap.ts';
import { createTreeShap } from '../tree-shap.ts';
import { createFastShap } from './fast-shap.ts';

// Models trained by XGBoost on random data, with its own margins and pred_contribs on rows at, beside and between their thresholds and
// with missing values. Written by models/training/shap_fixture.py.

interface Fixture {
  readonly name: string;
  readonly forest: unknown;
  readonly rows: readonly (readonly (number | null)[])[];
  readonly margins: readonly number[];
  /** The base value last. */
  readonly contributions: readonly (readonly number[])[];
}

const FIXTURES: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('./xgboost.fixture.json', import.meta.url), 'utf8'),
);
/** XGBoost sums float32. */
const TOLERANCE = 1e-5;

const KERNELS: readonly [string, (forest: Forest) => ShapKernel][] = [
  ['tables', createFastShap],
  ['recursion', createTreeShap],
];

describe.each(FIXTURES.map((fixture) => [fixture.name, fixture] as const))('XGBoost, %s', (_, fixture) => {
  const forest = parseForest(fixture.forest);
  const width = forest.features.length;
  const count = fixture.rows.length;
  const rows = Float32Array.from(fixture.rows.flat(), (value) => value ?? Number.NaN);
  const explain = (kernel: ShapKernel): Float64Array => {
    const out = new Float64Array(count * width);
    kernel.explain(rows, count, out);
    return out;
  };

  test('margins are its own', () => {
    for (const [row, margin] of fixture.margins.entries()) {
      expect(Math.abs(forestMargin(forest, rows, row) - margin)).toBeLessThan(TOLERANCE);
    }
  });

  test.each(KERNELS)('contributions and base value by %s are its pred_contribs', (_, create) => {
    const kernel = create(forest);
    const expected = fixture.contributions.flatMap((row) => row.slice(0, width));
    expect(largestDifference(explain(kernel), expected)).toBeLessThan(TOLERANCE);
    for (const row of fixture.contributions) {
      expect(Math.abs(kernel.baseValue - row[width]!)).toBeLessThan(TOLERANCE);
    }
  });

  test('both kernels agree with each other more closely than with it', () => {
    const [tables, recursion] = KERNELS.map(([, create]) => explain(create(forest)));
    expect(largestDifference(tables!, recursion!)).toBeLessThan(1e-6);
  });
});

test('models within the reach of tables use them, the deeper one does not', () => {
  const fallen = FIXTURES.filter(({ forest }) => createFastShap(parseForest(forest)).fallback !== null);
  expect(fallen.map(({ name }) => name)).toEqual(['deeper than tables go']);
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, value) => Math.max(most, value), 0);
}
