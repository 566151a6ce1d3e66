import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collectDecisions, createRanker } from './decisions.ts';
import { randomForest } from './random-forest.fixture.ts';

test('a value says left to exactly the decisions from its rank on', () => {
  const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(-0, 0, 0.671, 1, 3, -1e30));
  fc.assert(
    fc.property(fc.integer(), fc.array(value, { minLength: 20 }), (seed, values) => {
      const { forest } = randomForest({ seed, trees: 12, depth: 4, inputs: 4, rows: 1 });
      const decisions = collectDecisions(forest);
      const rank = createRanker(decisions);
      for (let i = 0; i < decisions.inputs.length; i++) {
        const own = decisions.threshold.subarray(decisions.first[i]!, decisions.first[i + 1]!);
        for (const x of values.map(Math.fround)) {
          expect(rank(i, x) - decisions.first[i]!).toBe(own.filter((threshold) => threshold <= x).length);
        }
      }
    }),
    { numRuns: 50, seed: 31 },
  );
});

test('each inner node has the decision that it asks, no leaf has one', () => {
  const { forest } = randomForest({ seed: 2, trees: 20, depth: 5, inputs: 6, rows: 1 });
  const { ofNode, threshold, unknownLeft, inputs, first } = collectDecisions(forest);
  for (const [node, decision] of ofNode.entries()) {
    const input = inputs.findIndex((_, i) => first[i]! <= decision && decision < first[i + 1]!);
    expect(inputs[input] ?? -1).toBe(forest.feature[node]);
    expect(decision < 0 || threshold[decision] === forest.value[node]!).toBe(true);
    expect((unknownLeft[decision] ?? 0) & 1).toBe(forest.defaultLeft[node]);
  }
});
