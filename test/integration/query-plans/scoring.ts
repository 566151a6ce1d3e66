/** Every statement of scoring, as the service sends it. */
import { CATALOGUE, FEATURE_SET_VERSION } from '../../../services/domain/features/catalogue.ts';
import { CATALOGUE_NAMES } from '../../../services/scoring/model/catalogue-names.ts';
import { findStanding } from '../../../services/scoring/store/find-standing.ts';
import { insertPredictions } from '../../../services/scoring/store/insert-predictions.ts';
import { insertPromotion } from '../../../services/scoring/store/insert-promotion.ts';
import { insertRefusals } from '../../../services/scoring/store/insert-refusals.ts';
import { latestPromotion } from '../../../services/scoring/store/latest-promotion.ts';
import { listHighRisk } from '../../../services/scoring/store/list-high-risk.ts';
import type { Prediction } from '../../../services/scoring/store/prediction.ts';
import { readPrediction } from '../../../services/scoring/store/read-prediction.ts';
import { readPromotions } from '../../../services/scoring/store/read-promotions.ts';
import { readUnpublished } from '../../../services/scoring/store/read-unpublished.ts';
import { findRequest, insertRequest } from '../../../services/scoring/store/requests.ts';
import { storedSets } from '../../../services/scoring/store/stored-sets.ts';
import { upsertLatest } from '../../../services/scoring/store/upsert-latest.ts';
import type { Calls } from './calls.ts';
import { ARRIVAL_MS, customer } from './fill.ts';
import { DIGEST, idOf, SPREAD } from './ids.ts';

const { names } = CATALOGUE_NAMES;
const zeros = new Float64Array(CATALOGUE.length);

const predictions: readonly Prediction[] = SPREAD.map((n) => ({
  ...{ predictionId: idOf('new', n), kind: 'transaction', customerId: customer(n), transactionId: 't2' },
  ...{ observationMs: ARRIVAL_MS, ledgerPosition: 2, profileVersion: 1, featureSetVersion: FEATURE_SET_VERSION },
  ...{ values: zeros, vectorSha256: DIGEST, eligibility: 'eligible', mode: 'live', scheduledSendUs: null },
  ...{ contributions: zeros, baseValue: 0, margin: 0, modelName: 'm', modelVersion: '1', modelSha256: DIGEST },
  ...{ probability: 0.1, horizonDays: 45, riskScore: 0.5, riskLevel: 'HIGH', scoringPolicyVersion: '1' },
  ...{ actionProbability: 0.1, topFeatures: [], featuresKnown: 50, featuresTotal: 50 },
}));
const placed = predictions.map((prediction, i) => ({ prediction, shard: 0, beforeLast: -1_000_000 - i }));
const request = {
  ...{ callerId: 'caller', idempotencyKey: 'a new key', customerId: customer(5) },
  ...{ observationMs: null, predictionId: idOf('p', 5) },
};
const promotion = {
  model: {
    ...{ name: 'm', version: '1', manifestSha256: DIGEST, onnxSha256: DIGEST },
    featureSetVersion: FEATURE_SET_VERSION,
  },
  ...{ action: 'first' as const, actor: 'scoring', reason: 'r', gateReportSha256: null, gateReport: null, after: 0 },
};

export const SCORING: Calls = {
  'a batch: what stands': (pool) =>
    findStanding(
      pool,
      SPREAD.map((n) => idOf('p', n)),
    ),
  'a batch: append': (pool) => insertPredictions(pool, placed),
  'a batch: refuse': (pool) =>
    insertRefusals(
      pool,
      predictions.map((prediction) => ({ ...prediction, reason: 'r' })),
    ),
  'a batch: worklist': (pool) => upsertLatest(pool, predictions),
  'relay: predictions': (pool) => readUnpublished(pool, 1, 16_000n, 500, names),
  'Predict: what a key was used for': async (pool) => {
    await findRequest(pool, 'caller', 'key-5');
    await insertRequest(pool, request);
  },
  'GetPrediction: one': (pool) => readPrediction(pool, idOf('p', 5), names),
  'dashboard: who is at high risk': (pool) => listHighRisk(pool, 2, null, 51, names),
  'dashboard: who is critical': (pool) => listHighRisk(pool, 3, null, 51, names),
  'dashboard: next page': (pool) => listHighRisk(pool, 1, { probability: 0.995, customerId: customer(500) }, 51, names),
  'models: latest act': (pool) => latestPromotion(pool),
  'models: acts': (pool) => readPromotions(pool, FEATURE_SET_VERSION),
  'models: act': (pool) => insertPromotion(pool, promotion),
  'reconcile: counters': (pool) => storedSets(pool, false),
};

/** What is meant to read its tables whole. */
export const SCORING_WHOLE: Calls = { 'reconcile: verify the predictions': (pool) => storedSets(pool, true) };
