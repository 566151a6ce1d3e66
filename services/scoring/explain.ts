/**
 * ExplainPrediction: a stored score with every contribution, and what change would have lowered its level. The explanation is what was
 * stored with the score; counterfactuals are scored by the model that made it, and by none else: it must first give the stored vector
 * the stored bits again (I6).
 */
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type ExplainPredictionResponse,
  ExplainPredictionResponseSchema,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { CATALOGUE } from '../domain/features/catalogue.ts';
import { type Counterfactuals, findCounterfactuals, type PlacedLever } from '../domain/scoring/counterfactuals.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { toContributions, toCounterfactual, toCounterfactualOutcome, toPrediction } from './convert.ts';
import type { Model } from './model/load.ts';
import type { ModelArchive } from './registry/archive.ts';
import type { ModelsInForce } from './registry/in-force.ts';
import { type ScoredVector, scoreBatch } from './score-batch.ts';
import type { Prediction } from './store/prediction.ts';
import { readPrediction } from './store/read-prediction.ts';

export interface ExplainDeps {
  /** The model in force: its catalogue is the engine's own. */
  readonly models: Pick<ModelsInForce, 'current'>;
  /** The model in force and those before it, each by its identity. */
  readonly archive: Pick<ModelArchive, 'using'>;
  readonly pool: Pool;
}

/** What the search came to, or that it could not be made. */
export type Explained = Counterfactuals | { readonly kind: 'model-not-loaded' };

const LEVERS: readonly PlacedLever[] = CATALOGUE.flatMap(({ lever }, place) =>
  lever === null ? [] : [{ ...lever, place }],
);

/** @throws ConnectError NOT_FOUND; FAILED_PRECONDITION for a score of another feature set than this engine's */
export async function explainPrediction(deps: ExplainDeps, predictionId: string): Promise<ExplainPredictionResponse> {
  const { catalogue } = deps.models.current();
  const prediction = await readPrediction(deps.pool, predictionId, catalogue.names);
  if (prediction === null) throw new ConnectError(`there is no prediction ${predictionId}`, Code.NotFound);
  const { featureSetVersion } = prediction;
  if (featureSetVersion !== catalogue.version) {
    throw new ConnectError(
      `prediction ${predictionId} is of feature set ${featureSetVersion}, this engine explains ${catalogue.version}`,
      Code.FailedPrecondition,
    );
  }
  const searched = await deps.archive.using(prediction, (model) => counterfactualsOf(model, prediction));
  return create(ExplainPredictionResponseSchema, {
    prediction: toPrediction(prediction),
    contributions: toContributions(prediction),
    counterfactuals: searched.kind === 'found' ? searched.found.map(toCounterfactual) : [],
    counterfactualOutcome: toCounterfactualOutcome(searched.kind),
  });
}

/** Counterfactuals by the model that made the score; without it, or where its calibration or policy is another now, none. */
export async function counterfactualsOf(model: Model | null, prediction: Prediction): Promise<Explained> {
  if (model === null) return { kind: 'model-not-loaded' };
  const [again] = await scoreBatch(model, [prediction.values]);
  if (!repeats(again!, prediction)) return { kind: 'model-not-loaded' };
  return await findCounterfactuals(prediction.values, prediction.riskLevel, LEVERS, async (vectors) =>
    (await scoreBatch(model, vectors)).map(({ outcome }) => (outcome.kind === 'scored' ? outcome.assessment : null)),
  );
}

/** Whether margin, probability and score have the bits that are stored. */
function repeats({ explained, outcome }: ScoredVector, stored: Prediction): boolean {
  if (outcome.kind !== 'scored') return false;
  const { probability, riskScore } = outcome.assessment;
  return explained.margin === stored.margin && probability === stored.probability && riskScore === stored.riskScore;
}
