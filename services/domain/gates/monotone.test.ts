import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Forest, forestMargin, parseForest, type TreeDocument } from '../scoring/forest.ts';
import { randomForest } from '../scoring/kernel/random-forest.fixture.ts';
import type { Direction } from './evidence.ts';
import { proveMonotone } from './monotone-proof.ts';
import { judgeSweeps, planSweeps } from './monotone-sweep.ts';

/** A decision on `feature` at `threshold`; unknown goes right. */
type Node = number | { readonly feature: number; readonly at: number; readonly left: Node; readonly right: Node };

function treeOf(node: Node): TreeDocument {
  const columns = { feature: [], value: [], left: [], right: [], defaultLeft: [], cover: [] } as Record<
    keyof TreeDocument,
    number[]
  >;
  const add = (at: Node): number => {
    const index = columns.feature.length;
    const inner = typeof at !== 'number';
    columns.feature.push(inner ? at.feature : -1);
    columns.value.push(Math.fround(inner ? at.at : at));
    columns.defaultLeft.push(0);
    columns.cover.push(10);
    columns.left.push(-1);
    columns.right.push(-1);
    if (!inner) return index;
    columns.left[index] = add(at.left);
    columns.right[index] = add(at.right);
    return index;
  };
  add(node);
  return columns;
}

function forestOf(...nodes: Node[]): Forest {
  return parseForest({
    format: 'pde-forest/1',
    features: ['a', 'b', 'c'],
    baseMargin: 0,
    trees: nodes.map(treeOf),
  });
}

/** Margins of one tree along one input, all else from `rest`, rising values. */
function isMonotoneByTrial(forest: Forest, tree: number, feature: number, direction: Direction): boolean {
  const single = { ...forest, roots: forest.roots.subarray(tree, tree + 1), baseMargin: 0 };
  const width = forest.features.length;
  const thresholds = [...new Set(Array.from(forest.value).filter((_, node) => forest.feature[node]! >= 0))];
  const rising = [Number.NEGATIVE_INFINITY, ...thresholds.sort((a, b) => a - b)];
  const rest = [...rising, Number.NaN];
  const others = Array.from({ length: width }, (_, i) => i).filter((i) => i !== feature);
  const combinations = others.reduce<number[][]>(
    (lists) => lists.flatMap((list) => rest.map((value) => [...list, value])),
    [[]],
  );
  return combinations.every((combination) => {
    const row = new Float32Array(width);
    for (const [i, other] of others.entries()) row[other] = combination[i]!;
    const margins = rising.map((value) => {
      row[feature] = value;
      return forestMargin(single, row, 0);
    });
    return margins.every((margin, i) => i === 0 || (margin - margins[i - 1]!) * direction >= 0);
  });
}

describe('the proof that a forest is monotone', () => {
  test('accepts a step in the right direction, and refuses it in the other', () => {
    const forest = forestOf({ feature: 0, at: 1, left: -0.5, right: 0.5 });
    expect(proveMonotone(forest, [1, 0, 0])).toEqual({ pairs: 1, faults: [] });
    expect(proveMonotone(forest, [-1, 0, 0]).faults).toEqual([{ feature: 'a', tree: 0, below: -0.5, above: 0.5 }]);
  });

  test('does not ask of features without a direction', () => {
    expect(proveMonotone(forestOf({ feature: 0, at: 1, left: 1, right: 0 }), [0, 1, -1])).toEqual({
      pairs: 0,
      faults: [],
    });
  });

  test('sees a fault between two leaves that lie far apart in the tree', () => {
    const crossed: Node = {
      feature: 0,
      at: 1,
      left: { feature: 1, at: 5, left: 0, right: 0.75 },
      right: { feature: 1, at: 7, left: 0.5, right: 1 },
    };
    expect(proveMonotone(forestOf(crossed), [1, 0, 0]).faults).toMatchObject([
      { feature: 'a', below: 0.75, above: 0.5 },
    ]);
  });

  test('lets leaves be that no change of one feature alone leads between', () => {
    const apart: Node = {
      feature: 0,
      at: 1,
      left: { feature: 1, at: 5, left: 0, right: 0.75 },
      right: { feature: 1, at: 5, left: 0.5, right: 1 },
    };
    expect(proveMonotone(forestOf(apart), [1, 0, 0]).faults).toEqual([]);
  });

  test('says no more and no less than trying every box of every tree does', () => {
    const direction = fc.constantFrom<Direction>(-1, 1);
    fc.assert(
      fc.property(fc.nat(), direction, fc.integer({ min: 0, max: 2 }), (seed, wanted, feature) => {
        const { forest } = randomForest({ seed, trees: 4, depth: 3, inputs: 4, rows: 1, leafShare: 0.3, scale: 1 });
        const directions = forest.features.map((_, i): Direction => (i === feature ? wanted : 0));
        const faulty = proveMonotone(forest, directions).faults.map(({ tree }) => tree);
        const tried = Array.from(forest.roots, (_, tree) => isMonotoneByTrial(forest, tree, feature, wanted));
        expect(new Set(faulty)).toEqual(new Set(tried.flatMap((holds, tree) => (holds ? [] : [tree]))));
      }),
      { numRuns: 60 },
    );
  });
});

describe('sweeps', () => {
  const forest = forestOf(
    { feature: 0, at: 1, left: -0.5, right: 0.5 },
    { feature: 1, at: 0, left: { feature: 0, at: 3, left: 0.5, right: 0 }, right: 0 },
  );
  const columns = [new Float32Array([0, 2, 4]), new Float32Array([-1, -1, -1]), new Float32Array([0, 0, Number.NaN])];
  const marginsOf = (block: Float32Array, count: number) =>
    Float64Array.from({ length: count }, (_, row) => forestMargin(forest, block, row));

  test('go through both sides of each threshold, and nothing else changes', () => {
    const { block, sweeps } = planSweeps(forest, [0, 1, 0], columns, 1);
    expect(sweeps).toHaveLength(32);
    const [first] = sweeps;
    expect(first).toMatchObject({ feature: 1, direction: 1, start: 0, steps: 2 });
    const [below, at] = [block.subarray(0, 3), block.subarray(3, 6)];
    expect(at[1]).toBe(0);
    expect(below[1]).toBe(-1.401298464324817e-45);
    expect([at[0], at[2]]).toEqual([below[0], below[2]]);
  });

  test('find a margin that goes the wrong way, and by how much', () => {
    const plan = planSweeps(forest, [1, 0, 0], columns, 1);
    const result = judgeSweeps(forest, plan, marginsOf(plan.block, plan.count));
    expect(result).toEqual({ sweeps: 32, against: [{ feature: 'a', step: -0.5 }] });
  });

  test('find nothing where the margin never falls, and a margin that is none', () => {
    const plan = planSweeps(forest, [0, -1, 0], columns, 1);
    expect(judgeSweeps(forest, plan, marginsOf(plan.block, plan.count)).against).toEqual([]);
    expect(judgeSweeps(forest, plan, new Float64Array(plan.count).fill(Number.NaN)).against).toHaveLength(1);
  });
});
