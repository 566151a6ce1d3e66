/** From a vector's margin and contributions to what is stored of it: pure, so that a stored score can be reproduced (I6). */
import { type Calibration, calibrate } from './calibration.ts';
import type { ScoringPolicy } from './policy.ts';
import { type Reasons, reasonsOf } from './reasons.ts';
import { type RiskLevel, riskLevel, riskScore } from './risk.ts';
import { additivityFault } from './shap.ts';

/** What a vector, in the order of the catalogue, was computed to. */
export interface Explained {
  readonly values: Float64Array;
  /** Margin units, in the order of the catalogue; 0 where the model does not use the feature. */
  readonly contributions: Float64Array;
  readonly baseValue: number;
  readonly margin: number;
}

export interface Assessment {
  readonly probability: number;
  readonly riskScore: number;
  readonly riskLevel: RiskLevel;
  readonly reasons: Reasons;
  /** How many of the catalogue's features are known. */
  readonly featuresKnown: number;
}

/** A score, or why there is none: margin and explanation disagree (I7). */
export type Outcome =
  | { readonly kind: 'scored'; readonly assessment: Assessment }
  | { readonly kind: 'refused'; readonly reason: string };

/** Checks that the explanation adds up (I7), calibrates and levels. `names` is the catalogue, in order. */
export function assess(
  names: readonly string[],
  explained: Explained,
  calibration: Calibration,
  policy: ScoringPolicy,
): Outcome {
  const fault = additivityFault(explained.baseValue, explained.contributions, explained.margin);
  if (fault !== null) return { kind: 'refused', reason: fault };
  const probability = calibrate(calibration, explained.margin);
  const score = riskScore(probability, policy.actionProbability);
  return {
    kind: 'scored',
    assessment: {
      probability,
      riskScore: score,
      riskLevel: riskLevel(score),
      reasons: reasonsOf(names, explained.values, explained.contributions),
      featuresKnown: countKnown(explained.values),
    },
  };
}

function countKnown(values: Float64Array): number {
  let known = 0;
  for (const value of values) if (!Number.isNaN(value)) known++;
  return known;
}
