/** A vector's computation put together with what was asked: what is stored of it. */
import type { Model } from './model/load.ts';
import type { ScoredVector } from './score-batch.ts';
import type { Observed, Prediction, Refusal } from './store/prediction.ts';

/** A score to store, or a refusal with its reason (I7). */
export type Composed =
  | { readonly kind: 'scored'; readonly prediction: Prediction }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Puts one row together. */
export function compose(model: Model, observed: Observed, { explained, outcome }: ScoredVector): Composed {
  const computed = {
    contributions: explained.contributions,
    baseValue: explained.baseValue,
    margin: explained.margin,
    modelName: model.manifest.name,
    modelVersion: model.manifest.version,
    modelSha256: model.onnxSha256,
  };
  if (outcome.kind === 'refused')
    return { kind: 'refused', refusal: { ...observed, ...computed, reason: outcome.reason } };
  const { probability, riskScore, riskLevel, reasons, featuresKnown } = outcome.assessment;
  return {
    kind: 'scored',
    prediction: {
      ...observed,
      ...computed,
      probability,
      horizonDays: model.manifest.horizonDays,
      riskScore,
      riskLevel,
      scoringPolicyVersion: model.policy.version,
      actionProbability: model.policy.actionProbability,
      topFeatures: reasons.top,
      featuresKnown,
      featuresTotal: model.catalogue.names.length,
    },
  };
}
