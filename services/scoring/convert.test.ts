import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  Prediction_EligibilitySchema as EventEligibility,
  Prediction_ModeSchema as EventMode,
  Prediction_RiskLevelSchema as EventRiskLevel,
  PredictionSchema,
} from '../../gen/pde/events/v1/prediction_pb.ts';
import {
  EligibilitySchema as FeatureEligibility,
  ModeSchema as FeatureMode,
} from '../../gen/pde/features/v1/feature_pb.ts';
import { EligibilitySchema, RiskLevelSchema } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import { CATALOGUE } from '../domain/features/catalogue.ts';
import { msOf, timestampOf, toEvent, toFeatureVector, toPrediction, usOf, vectorFrom } from './convert.ts';
import type { Prediction } from './store/prediction.ts';

const values = Float64Array.from(CATALOGUE, (_, i) => (i === 2 ? Number.NaN : i / 2));
const PREDICTION: Prediction = {
  predictionId: '6f1c7a52-0f0e-5d6b-9c1e-7a3d5b2e8f40',
  kind: 'transaction',
  customerId: 'C1',
  transactionId: 'T1',
  observationMs: 1_700_000_000_123,
  ledgerPosition: 3,
  profileVersion: 2,
  featureSetVersion: '1',
  values,
  vectorSha256: 'ab'.repeat(32),
  eligibility: 'recently_late',
  mode: 'replay',
  scheduledSendUs: null,
  contributions: Float64Array.from(CATALOGUE, (_, i) => (i === 0 ? 0.5 : i === 2 ? 0.25 : -0.125)),
  baseValue: -3,
  margin: -3 + 0.75 - 0.125 * (CATALOGUE.length - 2),
  modelName: 'synthetic',
  modelVersion: '1',
  modelSha256: 'cd'.repeat(32),
  probability: 0.142,
  horizonDays: 45,
  riskScore: 0.6,
  riskLevel: 'HIGH',
  scoringPolicyVersion: '1',
  actionProbability: 0.1,
  topFeatures: [
    { name: CATALOGUE[0]!.name, value: 0, contribution: 0.5 },
    { name: CATALOGUE[2]!.name, value: Number.NaN, contribution: 0.25 },
  ],
  featuresKnown: CATALOGUE.length - 1,
  featuresTotal: CATALOGUE.length,
};

const numbers = (schema: { readonly values: readonly { readonly number: number; readonly localName: string }[] }) =>
  Object.fromEntries(schema.values.map(({ number, localName }) => [localName, number]));

describe('the contract says the same numbers wherever it says the same thing', () => {
  test('levels', () => expect(numbers(EventRiskLevel)).toEqual(numbers(RiskLevelSchema)));
  test('eligibility', () => {
    expect(numbers(EventEligibility)).toEqual(numbers(FeatureEligibility));
    expect(numbers(EligibilitySchema)).toEqual(numbers(FeatureEligibility));
  });
  test('mode', () => expect(numbers(EventMode)).toEqual(numbers(FeatureMode)));
});

describe('a prediction as callers read it', () => {
  test('says its probability in words and its reasons in sentences, an unknown value being one', () => {
    const { summary, topReasons, otherContributions } = toPrediction(PREDICTION);
    expect(summary).toBe('about 14 in 100 like this miss a payment');
    expect(topReasons.map(({ text }) => text)).toEqual([
      CATALOGUE[0]!.officer(0),
      expect.stringContaining('Not known: '),
    ]);
    expect(topReasons.map(({ value }) => value)).toEqual([0, undefined]);
    expect(otherContributions).toBeCloseTo(-0.125 * (CATALOGUE.length - 2), 12);
  });
});

describe('the event', () => {
  test('carries the vector and the contributions in the order of the catalogue', () => {
    const event = toEvent(PREDICTION);
    expect(event.features).toEqual([...values]);
    expect(event.contributions).toEqual([...PREDICTION.contributions]);
    expect(event.topFeatures.map(({ name }) => name)).toEqual(PREDICTION.topFeatures.map(({ name }) => name));
    expect(event.eligibility).toBe(4);
  });

  test('does not exist for a time that a caller named', () => {
    expect(() => toEvent({ ...PREDICTION, kind: 'past', transactionId: null })).toThrow('is never published');
  });
});

describe('a vector', () => {
  test('comes back as it went', () => {
    const content = vectorFrom(toFeatureVector(PREDICTION));
    const { customerId, observationMs, ledgerPosition, profileVersion, eligibility, mode } = PREDICTION;
    expect(content).toMatchObject({
      customerId,
      observationMs,
      ledgerPosition,
      profileVersion,
      eligibility,
      mode,
      values,
    });
  });

  test.each([
    ['customer_id', { customerId: '' }],
    ['observation_time', { observationTime: undefined }],
    ['ledger_position', { ledgerPosition: 0n }],
    ['profile_version', { profileVersion: -1n }],
    ['values', { values: [1] }],
    ['values[4]', { values: [...values].with(4, Number.POSITIVE_INFINITY) }],
    ['eligibility', { eligibility: 0 }],
    ['mode', { mode: 9 }],
  ])('with a wrong %s is refused by that name', (field, change) => {
    expect(vectorFrom({ ...toFeatureVector(PREDICTION), ...change } as never)).toMatchObject({ field });
  });
});

describe('times', () => {
  test('are whole milliseconds, rounded down, and microseconds where a run is measured', () => {
    const time = { ...timestampOf(1_700_000_000_123), $typeName: 'google.protobuf.Timestamp' as const };
    expect(msOf({ ...time, nanos: time.nanos + 999_999 })).toBe(1_700_000_000_123);
    expect(usOf({ ...time, nanos: time.nanos + 456_999 })).toBe(1_700_000_000_123_456n);
    expect(timestampOf(-1)).toEqual({ seconds: -1n, nanos: 999_000_000 });
  });
});

describe('an unknown value', () => {
  test('is published with the same bits, whatever NaN it came as', () => {
    const [negative] = new Float64Array(new Uint32Array([0, 0xfff80000]).buffer);
    const bytesOf = (unknown: number) => {
      const topFeatures = [{ name: 'a', value: unknown, contribution: 1 }];
      return toBinary(PredictionSchema, toEvent({ ...PREDICTION, values: Float64Array.of(unknown, 1), topFeatures }));
    };
    expect(bytesOf(negative!)).toEqual(bytesOf(Number.NaN));
  });
});
