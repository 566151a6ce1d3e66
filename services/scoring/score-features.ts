/** ScoreFeatures: the hot hop from features. Every row is scored, explained and stored before it is answered (I4, I7). */
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type ScoreFeaturesRequest,
  type ScoreFeaturesResponse,
  ScoreFeaturesResponseSchema,
  ScoreFeaturesResult_Outcome,
  type ScoreFeaturesRow,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import { together } from '../platform/postgres/pool.ts';
import { type Composed, compose } from './compose.ts';
import { usOf, vectorFrom } from './convert.ts';
import type { Model } from './model/load.ts';
import type { Recorder } from './record.ts';
import type { ModelsInForce } from './registry/in-force.ts';
import type { Reporter } from './report.ts';
import { scoreBatch } from './score-batch.ts';
import { mapInSlices } from './slices.ts';
import type { Standing } from './store/find-standing.ts';
import type { Observed } from './store/prediction.ts';

export interface ScoreFeaturesDeps {
  /** The model in force; held once a call, so that a batch has one model. */
  readonly models: Pick<ModelsInForce, 'using'>;
  readonly recorder: Recorder;
  readonly reporter: Reporter;
}

/** @throws ConnectError INVALID_ARGUMENT naming the row and field; FAILED_PRECONDITION for vectors of another feature set. */
export function scoreFeatures(deps: ScoreFeaturesDeps, request: ScoreFeaturesRequest): Promise<ScoreFeaturesResponse> {
  return deps.models.using((model) => scoreBy(model, deps, request));
}

async function scoreBy(
  model: Model,
  { recorder, reporter }: ScoreFeaturesDeps,
  request: ScoreFeaturesRequest,
): Promise<ScoreFeaturesResponse> {
  const rows = await mapInSlices(request.rows, (row, index) => observedFrom(row, index, model));
  const composing = composeAll(model, rows);
  const ids = rows.map((row) => row.predictionId);
  // Both have ended before this ends: the model is held no longer, and the database may fail while it is still computing.
  const [standing, composed] = await together(recorder.recordComposing(ids, composing), composing);
  reporter.scored(composed);
  return create(ScoreFeaturesResponseSchema, {
    results: rows.map((row) => resultOf(row, standing.get(row.predictionId))),
  });
}

async function composeAll(model: Model, rows: readonly Observed[]): Promise<readonly Composed[]> {
  const scored = await scoreBatch(
    model,
    rows.map((row) => row.values),
  );
  return await mapInSlices(rows, (row, index) => compose(model, row, scored[index]!));
}

function resultOf({ predictionId }: Observed, standing: Standing | undefined) {
  if (standing === undefined) throw new Error(`nothing stands under ${predictionId} after it was stored`);
  const outcome = standing.kind === 'scored' ? ScoreFeaturesResult_Outcome.SCORED : ScoreFeaturesResult_Outcome.REFUSED;
  return { predictionId, outcome, standingVectorSha256: standing.vectorSha256 };
}

function observedFrom(row: ScoreFeaturesRow, index: number, model: Model): Observed {
  const content = row.vector === undefined ? { field: 'vector', problem: 'is absent' } : vectorFrom(row.vector);
  if ('problem' in content) throw invalid(`rows[${index}].vector.${content.field} ${content.problem}`);
  assertFeatureSet(content.featureSetVersion, model, `rows[${index}].vector`);
  if (row.predictionId !== derivedId('prediction', content.customerId, row.transactionId)) {
    throw invalid(`rows[${index}].prediction_id is not the id that follows from customer and transaction`);
  }
  return {
    ...content,
    predictionId: row.predictionId,
    kind: 'transaction',
    transactionId: row.transactionId,
    scheduledSendUs: row.scheduledSendTime === undefined ? null : usOf(row.scheduledSendTime),
  };
}

/** Throws FAILED_PRECONDITION if a vector's values do not mean what the model was trained on. */
export function assertFeatureSet(version: string, model: Model, where: string): void {
  if (version === model.catalogue.version) return;
  throw new ConnectError(
    `${where} is of feature set ${version}, this service scores ${model.catalogue.version}`,
    Code.FailedPrecondition,
  );
}

function invalid(message: string): ConnectError {
  return new ConnectError(message, Code.InvalidArgument);
}
