import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import { vectorSha256 } from './content-digest.ts';
import { readPrediction, readProfile } from './convert.ts';

const AT_MS = Date.UTC(2024, 0, 15);
const predictionId = '0b7f9a52-6f0e-5d6b-9c1e-7a3d5b2e8f40';
const time = timestampFromMs(AT_MS);

const features = Array.from({ length: 47 }, (_, i) => (i < 40 ? i : Number.NaN));

const prediction = {
  predictionId,
  customerId: 'anna',
  origin: 1,
  transactionId: 't1',
  ledgerPosition: 1n,
  featureSetVersion: '2',
  features,
  contributions: Array<number>(47).fill(0.01),
  vectorSha256: vectorSha256(features),
  modelName: 'risk',
  modelSha256: 'a'.repeat(64),
  scoringPolicyVersion: '1',
  actionProbability: 0.1,
  observationTime: time,
  probability: 0.12,
  horizonDays: 45,
  riskScore: 0.6,
  riskLevel: 3,
  eligibility: 1,
  modelVersion: '1',
  topFeatures: [
    { name: 'a', value: 1.5, contribution: 0.4 },
    { name: 'b', value: Number.NaN, contribution: 0.1 },
  ],
  featuresKnown: 40,
  featuresTotal: 47,
  mode: 2,
} satisfies MessageInitShape<typeof PredictionSchema>;

const profile = {
  customerId: 'anna',
  version: 3n,
  effectiveTime: time,
  timeZone: 'Europe/Prague',
  consents: [
    { channel: 2, granted: true, recordedTime: time },
    { channel: 3, granted: false, recordedTime: time },
  ],
  obligations: [
    { obligationId: 'rent', kind: 1, amountMinor: 90_000n, firstDueDate: '2024-01-01', intervalMonths: 1 },
    { obligationId: 'loan', kind: 4, amountMinor: 20_000n, firstDueDate: '2024-01-05', intervalMonths: 1 },
  ],
  standing: 1,
  mode: 2,
} satisfies MessageInitShape<typeof CustomerProfileSchema>;

const place = { appendMs: AT_MS, offset: 7n };
/** Fields to set otherwise, to what their types would not allow too. */
type Over = Readonly<Record<string, unknown>>;

const obligation = (over: Over): Over => ({ obligations: [{ ...profile.obligations[0], ...over }] });
const read = (over: Over = {}) => readPrediction(create(PredictionSchema, { ...prediction, ...over }), AT_MS + 5);
const readOf = (over: Over = {}) => readProfile(create(CustomerProfileSchema, { ...profile, ...over }), place);

describe('a prediction', () => {
  test('is read in the words of the domain, with the ids that follow from its own', () => {
    const decisionId = derivedId('decision', predictionId);
    const topFeatures = [
      { name: 'a', value: 1.5, contribution: 0.4 },
      { name: 'b', value: null, contribution: 0.1 },
    ];
    expect(read()).toEqual({
      kind: 'ok',
      value: {
        predictionId,
        decisionId,
        customerId: 'anna',
        appendMs: AT_MS + 5,
        contentSha256: expect.any(Uint8Array),
        modelVersion: '1',
        facts: {
          interventionId: derivedId('intervention', decisionId),
          mode: 'replay',
          observationMs: AT_MS,
          riskLevel: 'HIGH',
          eligibility: 'eligible',
          featuresKnown: 40,
          featuresTotal: 47,
          topFeatures,
        },
        personal: { probability: 0.12, horizon_days: 45, risk_score: 0.6, top_features: topFeatures },
      },
    });
  });

  test.each<[string, Over]>([
    ['prediction_id is not a UUID in lower case', { predictionId: 'p1' }],
    ['prediction_id is not a UUID in lower case', { predictionId: predictionId.toUpperCase() }],
    ['customer_id does not match ^[A-Za-z0-9._-]{1,64}$', { customerId: 'anna meier' }],
    ['probability is not from 0 to 1', { probability: 1.1 }],
    ['probability is not from 0 to 1', { probability: Number.NaN }],
    ['risk_score is not from 0 to 1', { riskScore: -0.1 }],
    ['risk_level is not the level of risk_score', { riskLevel: 1 }],
    ['risk_level is not the level of risk_score', { riskLevel: 0 }],
    ['eligibility is none of its values', { eligibility: 0 }],
    ['eligibility is none of its values', { eligibility: 99 }],
    ['mode is none of its values', { mode: 0 }],
    ['horizon_days is not from 1 to 366', { horizonDays: 0 }],
    ['model_version is not of 1-128 characters', { modelVersion: '' }],
    ['model_version is not of 1-128 characters', { modelVersion: 'a\0b' }],
    ['features_total is below 1', { featuresTotal: 0 }],
    ['features_known is not from 0 to features_total', { featuresKnown: 48 }],
    ['top_features has more than 3 entries', { topFeatures: Array(4).fill(prediction.topFeatures[0]) }],
    [
      'top_features.value is infinite',
      { topFeatures: [{ name: 'a', value: Number.POSITIVE_INFINITY, contribution: 1 }] },
    ],
    ['observation_time is not from 1990-01-01 to 2199-12-31', { observationTime: timestampFromMs(0) }],
    ['origin is none of its values', { origin: 0 }],
    ['origin is none of its values', { origin: 7 }],
    ['transaction_id is not of 1-128 printable characters', { transactionId: '' }],
    ['transaction_id is there although origin is REQUEST', { origin: 2 }],
    ['ledger_position is below 1', { ledgerPosition: 0n }],
    ['profile_version is below 0', { profileVersion: -1n }],
    ['feature_set_version is not of 1-128 characters', { featureSetVersion: '' }],
    ['model_name is not of 1-128 characters', { modelName: 'a\nb' }],
    ['scoring_policy_version is not of 1-128 characters', { scoringPolicyVersion: '' }],
    ['model_sha256 is not a SHA-256 in lower case', { modelSha256: 'A'.repeat(64) }],
    ['vector_sha256 is not that of features', { vectorSha256: '' }],
    ['vector_sha256 is not that of features', { features: features.toSpliced(0, 1, 0.5) }],
    ['features has not features_total values', { features: features.slice(1) }],
    ['features has an infinite value', { features: features.toSpliced(0, 1, Number.NEGATIVE_INFINITY) }],
    ['features_known is not the number of known values', { featuresKnown: 39 }],
    ['contributions has not features_total values', { contributions: [] }],
    ['contributions has a value that is not finite', { contributions: Array<number>(47).fill(Number.NaN) }],
    ['base_value is not finite', { baseValue: Number.NaN }],
    ['margin is not finite', { margin: Number.POSITIVE_INFINITY }],
    ['action_probability is not between 0 and 1, exclusive', { actionProbability: 1 }],
    ['top_features.contribution is not above 0', { topFeatures: [{ name: 'a', value: 1, contribution: 0 }] }],
  ])('%s', (detail, over) => {
    expect(read(over)).toEqual({ kind: 'invalid', detail });
  });

  test('observation_time is absent', () => {
    const { observationTime: _, ...rest } = prediction;
    const reading = readPrediction(create(PredictionSchema, rest), AT_MS);
    expect(reading).toEqual({ kind: 'invalid', detail: 'observation_time is absent' });
  });

  const digestOf = (over?: Over) => {
    const reading = read(over);
    return reading.kind === 'ok' ? Buffer.from(reading.value.contentSha256).toString('hex') : reading.detail;
  };

  test('has the same content in either mode, and other content with another score, vector or explanation', () => {
    expect(digestOf({ mode: 1 })).toBe(digestOf());
    const vector = features.toSpliced(0, 1, 0.5);
    const others = [
      { probability: 0.13 },
      { features: vector, vectorSha256: vectorSha256(vector) },
      { contributions: Array<number>(47).fill(0.02) },
    ];
    expect(new Set([digestOf(), ...others.map(digestOf)]).size).toBe(4);
  });
});

describe('a profile', () => {
  test('is read for what contact depends on', () => {
    expect(readOf()).toMatchObject({
      kind: 'ok',
      value: {
        customerId: 'anna',
        version: 3,
        effectiveMs: AT_MS,
        timeZone: 'Europe/Prague',
        standing: 'open',
        consents: [
          { channel: 'sms', granted: true, recordedMs: AT_MS },
          { channel: 'email', granted: false, recordedMs: AT_MS },
        ],
        place,
      },
    });
    expect(readOf({ timeZone: '' })).toMatchObject({ value: { timeZone: null } });
  });

  const digest = (over?: Over) => {
    const reading = readOf(over);
    return reading.kind === 'ok' ? Buffer.from(reading.value.contentSha256).toString('hex') : reading.detail;
  };

  test('has the same content in any order and mode', () => {
    const reversed = {
      consents: profile.consents.toReversed(),
      obligations: profile.obligations.toReversed(),
      mode: 1,
    };
    expect(digest(reversed)).toBe(digest());
  });

  test.each<[string, Over]>([
    ['obligations', { obligations: [] }],
    ['consents', { consents: profile.consents.slice(1) }],
    ['time zone', { timeZone: 'UTC' }],
    ['standing', { standing: 2 }],
    ['effective time', { effectiveTime: timestampFromMs(AT_MS + 1) }],
  ])('has other content with other %s', (_, over) => {
    expect(digest(over)).not.toBe(digest());
  });

  test.each<[string, Over]>([
    ['version is not from 1 to 2^53 - 1', { version: 0n }],
    ['standing is none of its values', { standing: 0 }],
    ['mode is none of its values', { mode: 9 }],
    ['consents.channel is none of its values', { consents: [{ channel: 0, granted: true, recordedTime: time }] }],
    ['consents.recorded_time is absent', { consents: [{ channel: 1, granted: true }] }],
    ['customer_id does not match ^[A-Za-z0-9._-]{1,64}$', { customerId: '' }],
    ['time_zone is not of 1-128 characters', { timeZone: 'Europe/\nPrague' }],
    ['salary_day_of_month is not from 1 to 31', { salaryDayOfMonth: 0 }],
    [
      'effective_time has nanos that are not from 0 to 999999999',
      { effectiveTime: { seconds: time.seconds, nanos: -1 } },
    ],
    ['obligations has an obligation_id twice', { obligations: [profile.obligations[0], profile.obligations[0]] }],
    ['obligations.obligation_id is not of 1-128 characters', obligation({ obligationId: 'a\0b' })],
    ['obligations.kind is none of its values', obligation({ kind: 7 })],
    ['obligations.amount_minor is not from 1 to 10^13', obligation({ amountMinor: -5n })],
    ['obligations.first_due_date is not a date, YYYY-MM-DD', obligation({ firstDueDate: '2023-02-29' })],
    ['obligations.interval_months is not from 1 to 12', obligation({ intervalMonths: 13 })],
    ['obligations.interval_months and interval_days exclude each other', obligation({ intervalDays: 7 })],
    ['obligations.interval_days is not from 1 to 366', obligation({ intervalMonths: undefined, intervalDays: 0 })],
    ['obligations.last_due_date is not a date, YYYY-MM-DD', obligation({ lastDueDate: 'soon' })],
    ['obligations.last_due_date is before first_due_date', obligation({ lastDueDate: '2023-12-31' })],
  ])('%s', (detail, over) => {
    expect(readOf(over)).toEqual({ kind: 'invalid', detail });
  });
});
