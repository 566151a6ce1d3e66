import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CounterfactualOutcome } from '../../gen/pde/scoring/v1/explanation_pb.ts';
import { CATALOGUE } from '../domain/features/catalogue.ts';
import { riskRank } from '../domain/scoring/risk.ts';
import { compose } from './compose.ts';
import { toContributions, toCounterfactual, toCounterfactualOutcome, toPrediction } from './convert.ts';
import { counterfactualsOf, type Explained } from './explain.ts';
import type { Model } from './model/load.ts';
import { goldenVectors, loadShipped } from './model/shipped.fixture.ts';
import { scoreBatch } from './score-batch.ts';
import type { Prediction } from './store/prediction.ts';

let model: Model;
let explained: readonly { readonly prediction: Prediction; readonly outcome: Explained }[];
beforeAll(async () => {
  model = await loadShipped();
  const vectors = goldenVectors(model);
  const scored = await scoreBatch(model, vectors);
  const predictions = vectors.map((values, i) => {
    const composed = compose(model, observed(values, i), scored[i]!);
    if (composed.kind === 'refused') throw new Error(composed.refusal.reason);
    return composed.prediction;
  });
  explained = await Promise.all(
    predictions.map(async (prediction) => ({ prediction, outcome: await counterfactualsOf(model, prediction) })),
  );
});
afterAll(() => model.release());

function observed(values: Float64Array, i: number) {
  return {
    ...({ predictionId: `P${i}`, kind: 'transaction', customerId: 'C1', transactionId: `T${i}` } as const),
    ...{ observationMs: 0, ledgerPosition: 1, profileVersion: 0, featureSetVersion: model.catalogue.version },
    ...({ values, vectorSha256: '', eligibility: 'eligible', mode: 'live', scheduledSendUs: null } as const),
  };
}

const found = () =>
  explained.flatMap(({ prediction, outcome }) =>
    outcome.kind === 'found' ? outcome.found.map((one) => ({ prediction, one })) : [],
  );

describe('counterfactuals of the shipped model', () => {
  test('are found for some scores, and each is what the model says of the changed vector: a lower level', async () => {
    expect(found().length).toBeGreaterThan(0);
    for (const { prediction, one } of found()) {
      const vector = prediction.values.slice();
      for (const { place, to } of one.changes) vector[place] = to;
      const [again] = await scoreBatch(model, [vector]);
      expect(again!.outcome).toEqual({ kind: 'scored', assessment: one.assessment });
      expect(riskRank(one.assessment.riskLevel)).toBeLessThan(riskRank(prediction.riskLevel));
      expect(one.assessment.probability).toBeLessThan(prediction.probability);
    }
  });

  test('move only what a customer can change, and keep within the range of the feature', () => {
    for (const { changes } of found().map(({ one }) => one)) {
      for (const { place, to } of changes) {
        const { lever, min, max } = CATALOGUE[place]!;
        expect(lever).not.toBeNull();
        expect(to).toBeGreaterThanOrEqual(min ?? Number.NEGATIVE_INFINITY);
        expect(to).toBeLessThanOrEqual(max ?? Number.POSITIVE_INFINITY);
      }
    }
  });

  test('are not looked for where the level is LOW', () => {
    for (const { prediction, outcome } of explained) {
      expect(outcome.kind === 'already-low').toBe(prediction.riskLevel === 'LOW');
    }
  });

  test('are the same whenever they are asked for', async () => {
    for (const { prediction, outcome } of explained.slice(0, 20)) {
      expect(await counterfactualsOf(model, prediction)).toEqual(outcome);
    }
  });
});

describe('only the model that made a score explains it', () => {
  const first = () => explained.find(({ outcome }) => outcome.kind === 'found')!.prediction;

  test('where it is not loaded, nothing is re-scored', async () => {
    expect(await counterfactualsOf(null, first())).toEqual({ kind: 'model-not-loaded' });
  });

  test('another policy or calibration is another model', async () => {
    const policy = { version: '0', actionProbability: model.policy.actionProbability / 2 };
    const calibration = { kind: 'platt', slope: 3, intercept: -1 } as const;
    expect(await counterfactualsOf({ ...model, policy }, first())).toEqual({ kind: 'model-not-loaded' });
    expect(await counterfactualsOf({ ...model, calibration }, first())).toEqual({ kind: 'model-not-loaded' });
  });
});

describe('in the contract’s words', () => {
  test('reasons carry code, officer and customer wording, and contributions add up to the margin (I7)', () => {
    for (const { prediction } of explained) {
      const { topReasons, otherContributions, baseValue, margin } = toPrediction(prediction);
      const contributions = toContributions(prediction);
      const told = topReasons.reduce((sum, { contribution }) => sum + contribution, otherContributions);
      const all = contributions.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(baseValue + told).toBeCloseTo(margin, 4);
      expect(all).toBeCloseTo(told, 9);
      expect(contributions.map(({ code }) => code)).toEqual(CATALOGUE.map(({ code }) => code));
      for (const { code, feature, value, text, customerText } of topReasons) {
        expect(code).toBe(contributions.find((entry) => entry.feature === feature)!.code);
        expect(text).not.toBe('');
        expect(customerText === '').toBe(value === undefined);
      }
    }
  });

  test('a counterfactual says what would be instead, and what may help', () => {
    const { one, prediction } = found()[0]!;
    const { changes, probability, summary } = toCounterfactual(one);
    const [{ place, to }] = one.changes as [(typeof one.changes)[number]];
    expect(changes[0]).toMatchObject({
      ...{ code: CATALOGUE[place]!.code, feature: CATALOGUE[place]!.name, changedValue: to },
      ...{ value: prediction.values[place], customerText: CATALOGUE[place]!.lever!.customer },
      text: CATALOGUE[place]!.officer(to),
    });
    expect(probability).toBe(one.assessment.probability);
    expect(summary).toMatch(/in 100/);
    expect(toCounterfactualOutcome('model-not-loaded')).toBe(CounterfactualOutcome.MODEL_NOT_LOADED);
  });
});
