/** ScoringService: request -> convert -> domain -> store -> response. */
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { RiskLevel as WireRiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import {
  type BatchPredictResult,
  BatchPredictResultSchema,
  type ListHighRiskCustomersRequest,
  type PredictRequest,
  PredictRequestSchema,
  type ScoringService,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { riskRank } from '../domain/scoring/risk.ts';
import { effective } from '../platform/auth/principal.ts';
import { callerOf, onward } from '../platform/rpc/caller.ts';
import { codeName, toWireError } from '../platform/rpc/errors.ts';
import { invalidField, validate } from '../platform/rpc/validation.ts';
import { answering } from './answering.ts';
import { toFeatureVector, toPrediction } from './convert.ts';
import { type ExplainDeps, explainPrediction } from './explain.ts';
import { createModelsRpc } from './models-rpc.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import { type PredictDeps, predict } from './predict.ts';
import type { Registry } from './registry/acquire.ts';
import { scoreFeatures } from './score-features.ts';
import { listHighRisk } from './store/list-high-risk.ts';
import { readPrediction } from './store/read-prediction.ts';

export type ScoringDeps = PredictDeps & { readonly registry: Registry };

const DEFAULT_PAGE_SIZE = 50;
/** Requests of one batch that are under way at once. */
const BATCH_CONCURRENCY = 8;
const RANKS = new Map<WireRiskLevel, number>([
  [WireRiskLevel.UNSPECIFIED, riskRank('HIGH')],
  [WireRiskLevel.LOW, riskRank('LOW')],
  [WireRiskLevel.MEDIUM, riskRank('MEDIUM')],
  [WireRiskLevel.HIGH, riskRank('HIGH')],
  [WireRiskLevel.CRITICAL, riskRank('CRITICAL')],
]);

export function createScoringRpc(deps: ScoringDeps): ServiceImpl<typeof ScoringService> {
  const names = (): readonly string[] => deps.models.current().catalogue.names;
  const explaining: ExplainDeps = { ...deps, archive: deps.registry.archive };
  return {
    scoreFeatures: (request) => answering(() => scoreFeatures(deps, request)),
    predict: (request, context) =>
      answering(async () => ({ prediction: toPrediction(await predict(deps, request, predictCaller(context))) })),
    async batchPredict({ requests }, context) {
      const results: BatchPredictResult[] = [];
      for (let at = 0; at < requests.length; at += BATCH_CONCURRENCY) {
        const slice = requests.slice(at, at + BATCH_CONCURRENCY);
        results.push(...(await Promise.all(slice.map((request) => predictOne(deps, request, context)))));
      }
      return { results };
    },
    listHighRiskCustomers: (request) => answering(() => highRiskPage(deps, request, names())),
    getPrediction: ({ predictionId }) =>
      answering(async () => {
        const prediction = await readPrediction(deps.pool, predictionId, names());
        if (prediction === null) throw new ConnectError(`there is no prediction ${predictionId}`, Code.NotFound);
        return {
          prediction: toPrediction(prediction),
          vector: toFeatureVector(prediction),
          contributions: [...prediction.contributions],
        };
      }),
    explainPrediction: ({ predictionId }) => answering(() => explainPrediction(explaining, predictionId)),
    ...createModelsRpc(deps.registry),
  };
}

async function highRiskPage(deps: ScoringDeps, request: ListHighRiskCustomersRequest, names: readonly string[]) {
  const { minRank, pageSize, after } = readListRequest(request);
  const found = await listHighRisk(deps.pool, minRank, after, pageSize + 1, names);
  const page = found.slice(0, pageSize);
  const last = page.at(-1);
  const nextPageToken = found.length > pageSize && last !== undefined ? encodePageToken(minRank, last) : '';
  return { customers: page.map(toPrediction), nextPageToken };
}

function predictCaller(context: HandlerContext) {
  return { id: effective(callerOf(context)).id, onward: onward(context) };
}

async function predictOne(deps: ScoringDeps, request: PredictRequest, context: HandlerContext) {
  const { customerId } = request;
  try {
    // The rules of an entry are held to here and not for the batch as a whole: one that is wrong fails alone.
    validate(PredictRequestSchema, request);
    const prediction = await answering(() => predict(deps, request, predictCaller(context)));
    return create(BatchPredictResultSchema, {
      customerId,
      result: { case: 'prediction', value: toPrediction(prediction) },
    });
  } catch (cause) {
    const error = toWireError(cause, context.signal);
    const value = { code: codeName(error.code), message: error.rawMessage };
    return create(BatchPredictResultSchema, { customerId, result: { case: 'error', value } });
  }
}

function readListRequest({ minRiskLevel, pageSize, pageToken }: ListHighRiskCustomersRequest) {
  const minRank = RANKS.get(minRiskLevel)!;
  if (pageToken === '') return { minRank, pageSize: pageSize || DEFAULT_PAGE_SIZE, after: null };
  const after = decodePageToken(pageToken, minRank);
  if (after === null) throw invalidField('page_token', 'is not one that this list answered for the same level');
  return { minRank, pageSize: pageSize || DEFAULT_PAGE_SIZE, after };
}
