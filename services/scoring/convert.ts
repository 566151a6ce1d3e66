/**
 * Contract messages <-> domain values, and only here. Times are whole milliseconds: the engine never sees anything finer, but
 * for scheduled_send_time, which is kept to the microsecond.
 */
import { hash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import * as event from '../../gen/pde/events/v1/prediction_pb.ts';
import * as features from '../../gen/pde/features/v1/feature_pb.ts';
import * as explanation from '../../gen/pde/scoring/v1/explanation_pb.ts';
import * as scoring from '../../gen/pde/scoring/v1/prediction_pb.ts';
import type { Mode } from '../domain/bank/transaction.ts';
import { CATALOGUE } from '../domain/features/catalogue.ts';
import { customerText, officerText, reasonCode } from '../domain/features/reason-text.ts';
import type { Eligibility } from '../domain/obligations/eligibility.ts';
import type { Counterfactual } from '../domain/scoring/counterfactuals.ts';
import type { TopFeature } from '../domain/scoring/reasons.ts';
import { type RiskLevel, summarise } from '../domain/scoring/risk.ts';
import { vectorFromBytes, vectorToBytes } from '../domain/scoring/vector-bytes.ts';
import type { Prediction } from './store/prediction.ts';

const ELIGIBILITIES: readonly (readonly [Eligibility, features.Eligibility])[] = [
  ['eligible', features.Eligibility.ELIGIBLE],
  ['nothing_due', features.Eligibility.NOTHING_DUE],
  ['already_late', features.Eligibility.ALREADY_LATE],
  ['recently_late', features.Eligibility.RECENTLY_LATE],
  ['closed', features.Eligibility.CLOSED],
  ['forborne', features.Eligibility.FORBORNE],
  ['undeclared', features.Eligibility.UNDECLARED],
];
const ELIGIBILITY_OF = new Map<number, Eligibility>(ELIGIBILITIES.map(([domain, wire]) => [wire, domain]));
const WIRE_ELIGIBILITY = new Map<Eligibility, features.Eligibility>(ELIGIBILITIES);

const MODE_OF = new Map<number, Mode>([
  [features.Mode.LIVE, 'live'],
  [features.Mode.REPLAY, 'replay'],
]);

/** Of the contract's service and of its event: a test holds their numbers equal. */
const WIRE_LEVEL: Readonly<Record<RiskLevel, scoring.RiskLevel>> = {
  LOW: scoring.RiskLevel.LOW,
  MEDIUM: scoring.RiskLevel.MEDIUM,
  HIGH: scoring.RiskLevel.HIGH,
  CRITICAL: scoring.RiskLevel.CRITICAL,
};

const SEARCH_OUTCOMES = {
  found: explanation.CounterfactualOutcome.FOUND,
  'none-found': explanation.CounterfactualOutcome.NONE_FOUND,
  'already-low': explanation.CounterfactualOutcome.ALREADY_LOW,
  'model-not-loaded': explanation.CounterfactualOutcome.MODEL_NOT_LOADED,
};

/** What a vector that may be scored says. */
export type VectorContent = Pick<
  Prediction,
  | 'customerId'
  | 'observationMs'
  | 'ledgerPosition'
  | 'profileVersion'
  | 'featureSetVersion'
  | 'values'
  | 'vectorSha256'
  | 'eligibility'
  | 'mode'
>;

/** A vector that cannot be scored: field and problem, without personal data. */
export interface VectorFault {
  readonly field: string;
  readonly problem: string;
}

/** Reads a vector of this engine's feature set, or says which field is wrong. */
export function vectorFrom(vector: features.FeatureVector): VectorContent | VectorFault {
  const eligibility = ELIGIBILITY_OF.get(vector.eligibility);
  const mode = MODE_OF.get(vector.mode);
  if (vector.customerId === '') return { field: 'customer_id', problem: 'is empty' };
  if (vector.observationTime === undefined) return { field: 'observation_time', problem: 'is absent' };
  if (vector.ledgerPosition < 1n) return { field: 'ledger_position', problem: `is ${vector.ledgerPosition}, under 1` };
  if (vector.profileVersion < 0n) return { field: 'profile_version', problem: `is ${vector.profileVersion}, under 0` };
  if (vector.values.length !== CATALOGUE.length) {
    return { field: 'values', problem: `are ${vector.values.length}, the catalogue has ${CATALOGUE.length}` };
  }
  const infinite = vector.values.findIndex((value) => !Number.isFinite(value) && !Number.isNaN(value));
  if (infinite >= 0) return { field: `values[${infinite}]`, problem: 'is infinite' };
  if (eligibility === undefined)
    return { field: 'eligibility', problem: `is ${vector.eligibility}, not one of the contract's` };
  if (mode === undefined) return { field: 'mode', problem: `is ${vector.mode}, not one of the contract's` };
  const values = new Float64Array(vector.values);
  return {
    customerId: vector.customerId,
    observationMs: msOf(vector.observationTime),
    ledgerPosition: Number(vector.ledgerPosition),
    profileVersion: Number(vector.profileVersion),
    featureSetVersion: vector.featureSetVersion,
    values,
    vectorSha256: hash('sha256', vectorToBytes(values), 'hex'),
    eligibility,
    mode,
  };
}

/** The prediction as callers read it. */
export function toPrediction(p: Prediction): scoring.Prediction {
  return create(scoring.PredictionSchema, {
    predictionId: p.predictionId,
    customerId: p.customerId,
    observationTime: timestampOf(p.observationMs),
    ledgerPosition: BigInt(p.ledgerPosition),
    profileVersion: BigInt(p.profileVersion),
    probability: p.probability,
    horizonDays: p.horizonDays,
    riskScore: p.riskScore,
    riskLevel: WIRE_LEVEL[p.riskLevel],
    eligibility: WIRE_ELIGIBILITY.get(p.eligibility)! as number as scoring.Eligibility,
    summary: summarise(p.probability),
    topReasons: p.topFeatures.map(toReason),
    otherContributions: sum(p.contributions) - sum(p.topFeatures.map((feature) => feature.contribution)),
    baseValue: p.baseValue,
    margin: p.margin,
    modelName: p.modelName,
    modelVersion: p.modelVersion,
    modelSha256: p.modelSha256,
    scoringPolicyVersion: p.scoringPolicyVersion,
    actionProbability: p.actionProbability,
    featuresKnown: p.featuresKnown,
    featuresTotal: p.featuresTotal,
    featureSetVersion: p.featureSetVersion,
  });
}

/** The vector that a prediction was made from. */
export function toFeatureVector(p: Prediction): features.FeatureVector {
  return create(features.FeatureVectorSchema, {
    customerId: p.customerId,
    observationTime: timestampOf(p.observationMs),
    ledgerPosition: BigInt(p.ledgerPosition),
    profileVersion: BigInt(p.profileVersion),
    featureSetVersion: p.featureSetVersion,
    values: numbersOf(p.values),
    eligibility: WIRE_ELIGIBILITY.get(p.eligibility)!,
    mode: p.mode === 'live' ? features.Mode.LIVE : features.Mode.REPLAY,
  });
}

/** The event on predictions-stream. A prediction of kind past has none. */
export function toEvent(p: Prediction): event.Prediction {
  if (p.kind === 'past') throw new Error(`prediction ${p.predictionId} is about a past time and is never published`);
  return create(event.PredictionSchema, {
    predictionId: p.predictionId,
    customerId: p.customerId,
    origin: p.kind === 'transaction' ? event.Prediction_Origin.TRANSACTION : event.Prediction_Origin.REQUEST,
    transactionId: p.transactionId ?? '',
    observationTime: timestampOf(p.observationMs),
    ledgerPosition: BigInt(p.ledgerPosition),
    profileVersion: BigInt(p.profileVersion),
    featureSetVersion: p.featureSetVersion,
    features: numbersOf(p.values),
    contributions: numbersOf(p.contributions),
    baseValue: p.baseValue,
    margin: p.margin,
    probability: p.probability,
    horizonDays: p.horizonDays,
    riskScore: p.riskScore,
    riskLevel: WIRE_LEVEL[p.riskLevel] as number as event.Prediction_RiskLevel,
    eligibility: WIRE_ELIGIBILITY.get(p.eligibility)! as number as event.Prediction_Eligibility,
    modelName: p.modelName,
    modelVersion: p.modelVersion,
    modelSha256: p.modelSha256,
    scoringPolicyVersion: p.scoringPolicyVersion,
    actionProbability: p.actionProbability,
    topFeatures: p.topFeatures.map(({ name, value, contribution }) => ({ name, value: asStored(value), contribution })),
    featuresKnown: p.featuresKnown,
    featuresTotal: p.featuresTotal,
    mode: p.mode === 'live' ? event.Prediction_Mode.LIVE : event.Prediction_Mode.REPLAY,
    vectorSha256: p.vectorSha256,
  });
}

/** Milliseconds since the epoch. */
export function msOf(time: Timestamp): number {
  return Number(time.seconds) * 1_000 + Math.floor(time.nanos / 1_000_000);
}

/** Microseconds since the epoch. */
export function usOf(time: Timestamp): bigint {
  return time.seconds * 1_000_000n + BigInt(Math.floor(time.nanos / 1_000));
}

export function timestampOf(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1_000) * 1_000_000 };
}

/** What each feature of the catalogue adds, in its order. */
export function toContributions({ values, contributions }: Prediction): explanation.Contribution[] {
  return CATALOGUE.map(({ code, name: feature }, place) => {
    const known = Number.isNaN(values[place]!) ? {} : { value: values[place]! };
    return create(explanation.ContributionSchema, { code, feature, contribution: contributions[place]!, ...known });
  });
}

export function toCounterfactualOutcome(kind: keyof typeof SEARCH_OUTCOMES): explanation.CounterfactualOutcome {
  return SEARCH_OUTCOMES[kind];
}

/** A counterfactual in the contract's words. */
export function toCounterfactual({ changes, assessment }: Counterfactual): explanation.Counterfactual {
  const { probability, riskScore, riskLevel } = assessment;
  return create(explanation.CounterfactualSchema, {
    ...{ probability, riskScore, riskLevel: WIRE_LEVEL[riskLevel], summary: summarise(probability) },
    changes: changes.map(({ place, from, to }) => {
      const { code, name: feature, lever } = CATALOGUE[place]!;
      const texts = { text: officerText(feature, to), customerText: lever?.customer ?? '' };
      return { code, feature, value: from, changedValue: to, ...texts };
    }),
  });
}

function toReason({ name, value, contribution }: TopFeature) {
  const known = Number.isNaN(value) ? {} : { value };
  const texts = { text: officerText(name, value), customerText: customerText(name, value) ?? '' };
  return { feature: name, code: reasonCode(name) ?? '', contribution, ...texts, ...known };
}

/** As a plain array; a loop, for spreading a typed array takes seven times as long. */
/** As the table holds them: an unknown one may have any of NaN's bits, and an event has the same whether it comes from memory or from there. */
function numbersOf(values: Float64Array): number[] {
  const numbers: number[] = [];
  const stored = vectorFromBytes(vectorToBytes(values));
  for (let i = 0; i < stored.length; i++) numbers.push(stored[i]!);
  return numbers;
}

function asStored(value: number): number {
  return Number.isNaN(value) ? vectorFromBytes(vectorToBytes([value]))[0]! : value;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
