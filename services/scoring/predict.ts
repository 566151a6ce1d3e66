/**
 * Predict: one customer, now or at a time that the caller names. The vector comes from FeatureService, under the end caller's
 * identity; the score is stored before it is answered. A repeat under the same key is answered with what stands. A time that
 * the caller names is answered and recorded, never published or acted on.
 */

import type { MessageInitShape } from '@bufbuild/protobuf';
import { type CallOptions, Code, ConnectError } from '@connectrpc/connect';
import type { GetFeaturesRequestSchema, GetFeaturesResponse } from '../../gen/pde/features/v1/feature_service_pb.ts';
import type { PredictRequest } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { compose } from './compose.ts';
import { msOf, timestampOf, vectorFrom } from './convert.ts';
import type { Model } from './model/load.ts';
import { KeyTakenError, type Recorder } from './record.ts';
import type { ModelsInForce } from './registry/in-force.ts';
import type { Reporter } from './report.ts';
import { scoreBatch } from './score-batch.ts';
import { assertFeatureSet } from './score-features.ts';
import type { Observed, Prediction } from './store/prediction.ts';
import { readPrediction } from './store/read-prediction.ts';
import { findRequest, type StoredRequest } from './store/requests.ts';

export interface PredictDeps {
  readonly models: Pick<ModelsInForce, 'using' | 'current'>;
  readonly pool: Pool;
  readonly recorder: Recorder;
  readonly reporter: Reporter;
  readonly getFeatures: (request: FeaturesAsked, options: CallOptions) => Promise<GetFeaturesResponse>;
  readonly nowMs: () => number;
}

export type FeaturesAsked = MessageInitShape<typeof GetFeaturesRequestSchema>;

/** Who asks, and how its call goes on to FeatureService. */
export interface PredictCaller {
  readonly id: string;
  readonly onward: CallOptions;
}

/**
 * @throws ConnectError NOT_FOUND for an unknown customer; ALREADY_EXISTS if the key was used for another customer or time;
 *   INVALID_ARGUMENT for a time still to come; INTERNAL if explanation and margin disagree (the refusal is stored)
 */
export async function predict(deps: PredictDeps, asked: PredictRequest, caller: PredictCaller): Promise<Prediction> {
  const request = requestOf(asked, caller.id);
  const before = await answeredBefore(deps, request);
  if (before !== null) return before;
  assertNotToCome(request, deps.nowMs());
  return await deps.models.using((model) => scoreOne(deps, request, model, caller));
}

async function scoreOne(
  deps: PredictDeps,
  request: StoredRequest,
  model: Model,
  caller: PredictCaller,
): Promise<Prediction> {
  const observed = await observe(deps, request, model, caller.onward);
  const [scored] = await scoreBatch(model, [observed.values]);
  const composed = compose(model, observed, scored!);
  try {
    await deps.recorder.record([composed], request);
  } catch (cause) {
    if (!(cause instanceof KeyTakenError)) throw cause;
    const first = await answeredBefore(deps, request);
    if (first === null) throw new ConnectError('another call with this key is under way', Code.Aborted);
    return first;
  }
  deps.reporter.scored([composed]);
  if (composed.kind === 'refused') throw refusedError(composed.refusal.predictionId);
  return composed.prediction;
}

function requestOf(asked: PredictRequest, callerId: string): StoredRequest {
  const { customerId, idempotencyKey } = asked;
  return {
    callerId,
    idempotencyKey,
    customerId,
    observationMs: asked.observationTime === undefined ? null : msOf(asked.observationTime),
    predictionId: derivedId('request-prediction', callerId, idempotencyKey, customerId),
  };
}

async function answeredBefore(deps: PredictDeps, request: StoredRequest): Promise<Prediction | null> {
  const stored = await findRequest(deps.pool, request.callerId, request.idempotencyKey);
  if (stored === null) return null;
  if (stored.customerId !== request.customerId || stored.observationMs !== request.observationMs) {
    throw new ConnectError(
      'idempotency_key was used before, for another customer or observation_time',
      Code.AlreadyExists,
    );
  }
  const prediction = await readPrediction(deps.pool, stored.predictionId, deps.models.current().catalogue.names);
  if (prediction === null) throw refusedError(stored.predictionId);
  return prediction;
}

function assertNotToCome({ observationMs }: StoredRequest, nowMs: number): void {
  if (observationMs === null || observationMs <= nowMs) return;
  const bound = new Date(nowMs).toISOString();
  throw new ConnectError(`observation_time is still to come; it must be at or before ${bound}`, Code.InvalidArgument);
}

async function observe(
  deps: PredictDeps,
  { customerId, observationMs, predictionId }: StoredRequest,
  model: Model,
  onward: CallOptions,
): Promise<Observed> {
  const time = observationMs === null ? {} : { observationTime: timestampOf(observationMs) };
  const { vector } = await deps.getFeatures({ customerId, ...time }, onward);
  const content = vector === undefined ? { field: 'vector', problem: 'is absent' } : vectorFrom(vector);
  if ('problem' in content)
    throw new Error(`FeatureService answered a vector whose ${content.field} ${content.problem}`);
  if (content.customerId !== customerId) throw new Error('FeatureService answered for another customer');
  assertFeatureSet(content.featureSetVersion, model, 'the vector of FeatureService');
  return {
    ...content,
    predictionId,
    kind: observationMs === null ? 'request' : 'past',
    transactionId: null,
    scheduledSendUs: null,
  };
}

function refusedError(predictionId: string): ConnectError {
  return new ConnectError(
    `explanation and margin disagree: the score was refused and recorded as ${predictionId}`,
    Code.Internal,
  );
}
