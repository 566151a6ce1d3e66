import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../domain/features/catalogue.ts';
import { gatherInputs } from '../../domain/scoring/binding.ts';
import { type Forest, forestMargin } from '../../domain/scoring/forest.ts';
import { createFastShap, MAX_TABLE_BYTES } from '../../domain/scoring/kernel/fast-shap.ts';
import { createTreeShap } from '../../domain/scoring/tree-shap.ts';
import { type ScoredVector, scoreBatch } from '../score-batch.ts';
import type { Model } from './load.ts';
import { goldenVectors, loadShipped, shippedForest } from './shipped.fixture.ts';

// What must hold of any model that ships, through ONNX and through the trees, on rows made from its own thresholds.

let model: Model;
let forest: Forest;
let vectors: readonly Float64Array[];
let width: number;
beforeAll(async () => {
  model = await loadShipped();
  forest = shippedForest();
  vectors = goldenVectors(model);
  width = model.binding.places.length;
});
afterAll(() => model.release());

function inputsOf(rows: readonly Float64Array[]): Float32Array {
  const block = new Float32Array(rows.length * width);
  for (const [row, values] of rows.entries()) gatherInputs(model.binding, values, block, row);
  return block;
}

/** Distinct thresholds of one input, ascending. */
function thresholdsOf(input: number): readonly number[] {
  const own = forest.value.filter((_, node) => forest.feature[node] === input);
  return [...new Set(own)].sort((a, b) => a - b);
}

/** The vector with its feature at `place` changed. */
function changed(values: Float64Array, place: number, value: number): Float64Array {
  return values.with(place, value);
}

const anyVector = () => fc.nat(vectors.length - 1).map((i) => vectors[i]!);
const scoredOf = ({ outcome }: ScoredVector) => {
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  return outcome.assessment;
};

describe('monotonicity', () => {
  const constrained = CATALOGUE.flatMap(({ name, riskDirection }) =>
    riskDirection === 0 ? [] : [[name, riskDirection] as const],
  );

  test.each(constrained)('%s: no step across a threshold goes against its direction, %i', async (name, direction) => {
    const input = model.manifest.inputs.indexOf(name);
    const place = CATALOGUE.findIndex((feature) => feature.name === name);
    const values = [Number.NEGATIVE_INFINITY, ...(input < 0 ? [] : thresholdsOf(input))];
    for (let row = 0; row < vectors.length; row += 7) {
      const block = inputsOf(values.map((value) => changed(vectors[row]!, place, value)));
      const onnx = [...(await model.session.margins(block, values.length))];
      const trees = values.map((_, i) => forestMargin(forest, block, i));
      for (const margins of [onnx, trees]) {
        const steps = margins.slice(1).map((margin, i) => (margin - margins[i]!) * direction);
        expect(steps.filter((step) => step < 0)).toEqual([]);
      }
    }
  });

  test('covers every input of the model that the catalogue gives a direction', () => {
    const inputs = constrained.filter(([name]) => model.manifest.inputs.includes(name));
    expect(inputs.length).toBeGreaterThan(width / 2);
  });
});

describe('missingness', () => {
  test('any set of unknown features is scored: ONNX, trees and explanation agree (I7)', async () => {
    const masked = fc
      .tuple(anyVector(), fc.array(fc.boolean(), { minLength: CATALOGUE.length, maxLength: CATALOGUE.length }))
      .map(([values, mask]) => values.map((value, i) => (mask[i] ? Number.NaN : value)));
    await fc.assert(
      fc.asyncProperty(fc.array(masked, { minLength: 1, maxLength: 40 }), async (rows) => {
        const scored = await scoreBatch(model, rows);
        const block = inputsOf(rows);
        for (const [row, { explained, outcome }] of scored.entries()) {
          expect(outcome.kind).toBe('scored');
          expect(Math.abs(forestMargin(forest, block, row) - explained.margin)).toBeLessThan(1e-5);
          const sum = explained.contributions.reduce((total, value) => total + value, explained.baseValue);
          expect(Math.abs(sum - explained.margin)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 40, seed: 71 },
    );
  });

  test('nothing known at all is scored too', async () => {
    const [scored] = await scoreBatch(model, [new Float64Array(CATALOGUE.length).fill(Number.NaN)]);
    expect(scoredOf(scored!).featuresKnown).toBe(0);
  });
});

describe('dummies', () => {
  test('features that no tree asks for have a contribution of exactly 0', async () => {
    const asked = new Set(Array.from(forest.feature, (input) => model.manifest.inputs[input]));
    const unasked = CATALOGUE.flatMap(({ name }, place) => (asked.has(name) ? [] : [place]));
    expect(unasked.length).toBeGreaterThan(0);
    for (const { explained } of await scoreBatch(model, vectors)) {
      expect(unasked.map((place) => explained.contributions[place])).toEqual(unasked.map(() => 0));
    }
  });
});

describe('kernels', () => {
  test('the model has tables, within their bound, and recursion gives the same values', () => {
    const fast = createFastShap(forest);
    expect(fast.fallback).toBeNull();
    expect(fast.tableBytes).toBeLessThanOrEqual(MAX_TABLE_BYTES);
    const rows = inputsOf(vectors);
    const [tables, recursion] = [fast, createTreeShap(forest)].map((kernel) => {
      const out = new Float64Array(rows.length);
      kernel.explain(rows, vectors.length, out);
      return out;
    });
    expect(tables!.map((value, i) => Math.abs(value - recursion![i]!)).reduce((a, b) => Math.max(a, b))).toBeLessThan(
      1e-6,
    );
  });

  test('a row has the same bits alone, gathered with other calls, in any batch and in any order (I6)', async () => {
    const alone: ScoredVector[] = [];
    for (const vector of vectors) alone.push(...(await scoreBatch(model, [vector])));
    const gathered = await Promise.all(vectors.map((vector) => scoreBatch(model, [vector])));
    expect(gathered.flat()).toEqual(alone);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(vectors.length - 1), { minLength: 1, maxLength: 700 }), async (order) => {
        const scored = await scoreBatch(
          model,
          order.map((i) => vectors[i]!),
        );
        expect(scored).toEqual(order.map((i) => alone[i]));
      }),
      { numRuns: 12, seed: 72 },
    );
  });
});

describe('reasons are stable', () => {
  /** Whether no threshold of the model lies between the two values, each as float32. */
  const sameSide = (input: number, a: number, b: number): boolean => {
    const [low, high] = [Math.fround(Math.min(a, b)), Math.fround(Math.max(a, b))];
    return thresholdsOf(input).every((threshold) => threshold <= low || threshold > high);
  };

  test('values moved by 1e-6 of themselves, away from thresholds, change no bit of score and reasons', async () => {
    const signs = fc.array(fc.constantFrom(-1, 1), { minLength: CATALOGUE.length, maxLength: CATALOGUE.length });
    await fc.assert(
      fc.asyncProperty(anyVector(), signs, async (values, sign) => {
        const moved = values.slice();
        for (const [input, place] of model.binding.places.entries()) {
          const value = Math.fround(values[place]! * (1 + sign[place]! * 1e-6));
          if (sameSide(input, values[place]!, value)) moved[place] = value;
        }
        const [before, after] = await scoreBatch(model, [values, moved]);
        expect(after!.explained.margin).toBe(before!.explained.margin);
        expect(after!.explained.contributions).toEqual(before!.explained.contributions);
        const reasonsOf = (scored: ScoredVector) =>
          scoredOf(scored).reasons.top.map(({ name, contribution }) => [name, contribution]);
        expect(reasonsOf(after!)).toEqual(reasonsOf(before!));
        expect(scoredOf(after!).riskScore).toBe(scoredOf(before!).riskScore);
      }),
      { numRuns: 60, seed: 73 },
    );
  });
});
