import { afterAll, beforeAll, expect, test } from 'vitest';
import { observeAsOf } from '../../domain/features/as-of.ts';
import { randomCustomer } from '../../domain/features/testing/random-histories.ts';
import { randomOf, rootKey } from '../../domain/synthetic-bank/random.ts';
import { type ScoredVector, scoreBatch } from '../score-batch.ts';
import type { Model } from './load.ts';
import { loadShipped } from './shipped.fixture.ts';

// Reasons must not hang by a thread: thresholds lie between the values that inputs take, never on them (models/training, midpoints.py).

let model: Model;
let vectors: readonly Float64Array[];
beforeAll(async () => {
  model = await loadShipped();
  vectors = Array.from({ length: 400 }, (_, number) => {
    const { rows, profile } = randomCustomer(number);
    const latestMs = Math.max(...rows.map((row) => row.occurredMs));
    return observeAsOf('EUR', rows, profile, latestMs)!.values;
  });
});
afterAll(() => model.release());

const reasonsOf = ({ outcome }: ScoredVector) =>
  outcome.kind === 'scored' ? outcome.assessment.reasons.top.map(({ name }) => name).join() : outcome.reason;
const levelOf = ({ outcome }: ScoredVector) => (outcome.kind === 'scored' ? outcome.assessment.riskLevel : 'refused');

test('a change of every input by up to 1e-6 of itself changes the reasons or the level of none in a hundred customers', async () => {
  const random = randomOf(rootKey(91));
  const moved = vectors.map((values) => values.map((value) => Math.fround(value * (1 + random.between(-1e-6, 1e-6)))));
  const [before, after] = [await scoreBatch(model, vectors), await scoreBatch(model, moved)];
  const differing = before.filter(
    (scored, i) => reasonsOf(scored) !== reasonsOf(after[i]!) || levelOf(scored) !== levelOf(after[i]!),
  );
  expect(differing.length).toBeLessThanOrEqual(vectors.length / 100);
});
