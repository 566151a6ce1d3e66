import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Forest, type ForestDocument, forestMargin, goesLeft, parseForest, type TreeDocument } from './forest.ts';
import { createFastShap } from './kernel/fast-shap.ts';
import type { ShapKernel } from './shap.ts';
import { createTreeShap } from './tree-shap.ts';

/** Every kernel must pass, to so many digits: tables are rounded to a fixed point. */
const KERNELS: readonly [string, (forest: Forest) => ShapKernel, number][] = [
  ['algorithm 2', createTreeShap, 9],
  ['tables', createFastShap, 7],
];

const INPUTS = 5;

type Explain = (example: ForestCase) => { baseValue: number; rows: number[][] };

const explainBy =
  (create: (forest: Forest) => ShapKernel): Explain =>
  ({ forest, rows, count }) => {
    const kernel = create(forest);
    const out = new Float64Array(count * INPUTS);
    kernel.explain(rows, count, out);
    return {
      baseValue: kernel.baseValue,
      rows: Array.from({ length: count }, (_, row) => [...out.subarray(row * INPUTS, (row + 1) * INPUTS)]),
    };
  };

describe.each(KERNELS)('exact SHAP on random forests by %s', (_, create, digits) => {
  const explain = explainBy(create);

  test('is the Shapley value by its definition, NaN and ties included', () => {
    fc.assert(
      fc.property(forestCases(INPUTS), (example) => {
        for (const [row, contributions] of explain(example).rows.entries()) {
          const expected = shapleyByDefinition(example.forest, example.rows.subarray(row * INPUTS, (row + 1) * INPUTS));
          for (const [i, value] of expected.entries()) expect(contributions[i]).toBeCloseTo(value, digits);
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test('adds up to the margin (I7)', () => {
    fc.assert(
      fc.property(forestCases(INPUTS), (example) => {
        const { baseValue, rows } = explain(example);
        for (const [row, margin] of marginsOf(example).entries()) {
          expect(rows[row]!.reduce((sum, value) => sum + value, baseValue)).toBeCloseTo(margin, digits);
        }
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  test('gives 0 to an input that no tree uses', () => {
    fc.assert(
      fc.property(forestCases(INPUTS), (example) => {
        for (const contributions of explain(example).rows) expect(contributions[INPUTS - 1]).toBe(0);
      }),
      { seed: 9 },
    );
  });

  test('gives an unknown input what following the default side gives: any value on that side does the same', () => {
    fc.assert(
      fc.property(forestCases(INPUTS), fc.nat(INPUTS - 2), (example, input) => {
        const { forest, rows, count } = example;
        const sides = new Set(forest.defaultLeft.filter((_, node) => forest.feature[node] === input));
        fc.pre(sides.size === 1);
        const unknown = rows.map((value, i) => (i % INPUTS === input ? Number.NaN : value));
        const extreme = rows.map((value, i) => (i % INPUTS !== input ? value : sides.has(1) ? -1e9 : 1e9));
        expect(explain({ forest, rows: unknown, count }).rows).toEqual(explain({ forest, rows: extreme, count }).rows);
      }),
      { seed: 10 },
    );
  });

  test('gives a row the same bits alone and in any batch (I6)', () => {
    fc.assert(
      fc.property(forestCases(INPUTS), (example) => {
        const batched = explain(example).rows;
        const alone = Array.from({ length: example.count }, (_, row) => {
          const rows = example.rows.slice(row * INPUTS, (row + 1) * INPUTS);
          return explain({ forest: example.forest, rows, count: 1 }).rows[0];
        });
        expect(alone).toEqual(batched);
      }),
      { seed: 11 },
    );
  });
});

/** Thresholds and values come from one small set, so that rows lie at thresholds often. */
const GRID = [-2, -1.5, -0.1, 0, 0.1, 0.671, 1, 3];
const ROOT_COVER = 64;

type Shape = { readonly leaf: number } | { readonly split: Split };
interface Split {
  readonly feature: number;
  readonly threshold: number;
  readonly defaultLeft: boolean;
  readonly share: number;
  readonly left: Shape;
  readonly right: Shape;
}

interface ForestCase {
  readonly forest: Forest;
  readonly rows: Float32Array;
  readonly count: number;
}

/** Forests over `inputs` inputs, of which the last is used by no tree, with 1-6 rows. */
function forestCases(inputs: number): fc.Arbitrary<ForestCase> {
  const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
    shape: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({ leaf: fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround) }),
      fc.record({
        split: fc.record({
          feature: fc.nat(inputs - 2),
          threshold: fc.constantFrom(...GRID),
          defaultLeft: fc.boolean(),
          share: fc.double({ min: 0.02, max: 0.98, noNaN: true }),
          left: tie('shape'),
          right: tie('shape'),
        }),
      }),
    ),
  }));
  const value = fc.oneof(fc.constantFrom(...GRID, Number.NaN), fc.double({ min: -4, max: 4, noNaN: true }));
  const row = fc.array(value, { minLength: inputs, maxLength: inputs });
  return fc
    .record({
      trees: fc.array(shape, { minLength: 1, maxLength: 3 }),
      rows: fc.array(row, { minLength: 1, maxLength: 6 }),
    })
    .map(({ trees, rows }) => ({
      forest: parseForest(documentOf(trees, inputs)),
      rows: Float32Array.from(rows.flat()),
      count: rows.length,
    }));
}

/** Shapley values by their definition: every subset of inputs, worth by path-dependent expectation. */
function shapleyByDefinition(forest: Forest, row: Float32Array): number[] {
  const n = forest.features.length;
  const worth = Array.from({ length: 2 ** n }, (_, known) => expectation(forest, row, known));
  return Array.from({ length: n }, (_, i) => {
    let total = 0;
    for (let set = 0; set < worth.length; set++) {
      if (set & (1 << i)) continue;
      total += shapleyWeight(bits(set), n) * (worth[set | (1 << i)]! - worth[set]!);
    }
    return total;
  });
}

/** Margins of all rows. */
function marginsOf({ forest, rows, count }: ForestCase): number[] {
  return Array.from({ length: count }, (_, row) => forestMargin(forest, rows, row));
}

function expectation(forest: Forest, row: Float32Array, known: number): number {
  const below = (node: number): number => {
    const feature = forest.feature[node]!;
    if (feature < 0) return forest.value[node]!;
    const l = forest.left[node]!;
    const r = forest.right[node]!;
    if (known & (1 << feature)) return below(goesLeft(forest, node, row[feature]!) ? l : r);
    const cover = forest.cover[l]! + forest.cover[r]!;
    return (forest.cover[l]! * below(l) + forest.cover[r]! * below(r)) / cover;
  };
  return forest.roots.reduce((sum, root) => sum + below(root), forest.baseMargin);
}

function shapleyWeight(size: number, n: number): number {
  return (factorial(size) * factorial(n - size - 1)) / factorial(n);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function bits(set: number): number {
  return set === 0 ? 0 : (set & 1) + bits(set >> 1);
}

function documentOf(trees: readonly Shape[], inputs: number): ForestDocument {
  return {
    format: 'pde-forest/1',
    features: Array.from({ length: inputs }, (_, i) => `f${i}`),
    baseMargin: -1.25,
    trees: trees.map(treeOf),
  };
}

function treeOf(root: Shape): TreeDocument {
  const tree: Record<keyof TreeDocument, number[]> = {
    feature: [],
    value: [],
    left: [],
    right: [],
    defaultLeft: [],
    cover: [],
  };
  const add = (shape: Shape, cover: number): number => {
    const node = tree.feature.length;
    const split = 'split' in shape ? shape.split : null;
    tree.feature.push(split ? split.feature : -1);
    tree.value.push('leaf' in shape ? shape.leaf : shape.split.threshold);
    tree.left.push(-1);
    tree.right.push(-1);
    tree.defaultLeft.push(split?.defaultLeft ? 1 : 0);
    tree.cover.push(cover);
    if (split) {
      tree.left[node] = add(split.left, cover * split.share);
      tree.right[node] = add(split.right, cover * (1 - split.share));
    }
    return node;
  };
  add(root, ROOT_COVER);
  return tree;
}
