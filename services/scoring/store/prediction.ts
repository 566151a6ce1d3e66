/** A stored score, in the words of the domain: everything of the event, and what the outbox adds. */

import type { Mode } from '../../domain/bank/transaction.ts';
import type { Eligibility } from '../../domain/obligations/eligibility.ts';
import type { TopFeature } from '../../domain/scoring/reasons.ts';
import type { RiskLevel } from '../../domain/scoring/risk.ts';

/** transaction: a triggered transaction; request: a caller, about now; past: a caller, about a time it named. */
export type PredictionKind = 'transaction' | 'request' | 'past';

/** What was asked to be scored, and the vector that it was scored from. */
export interface Observed {
  readonly predictionId: string;
  readonly kind: PredictionKind;
  readonly customerId: string;
  /** Null where kind is not transaction. */
  readonly transactionId: string | null;
  readonly observationMs: number;
  readonly ledgerPosition: number;
  readonly profileVersion: number;
  readonly featureSetVersion: string;
  /** In the order of the catalogue; NaN is unknown. */
  readonly values: Float64Array;
  /** Hexadecimal. */
  readonly vectorSha256: string;
  readonly eligibility: Eligibility;
  readonly mode: Mode;
  /** When a measured transaction was due to be sent, microseconds since the epoch; null outside of a measured run. */
  readonly scheduledSendUs: bigint | null;
}

/** What every computation names, so that it can be repeated (I6). */
export interface Computed {
  /** Margin units, in the order of the catalogue. */
  readonly contributions: Float64Array;
  readonly baseValue: number;
  readonly margin: number;
  readonly modelName: string;
  readonly modelVersion: string;
  /** Hexadecimal. */
  readonly modelSha256: string;
}

export interface Prediction extends Observed, Computed {
  readonly probability: number;
  readonly horizonDays: number;
  readonly riskScore: number;
  readonly riskLevel: RiskLevel;
  readonly scoringPolicyVersion: string;
  readonly actionProbability: number;
  /** Largest first, at most three. */
  readonly topFeatures: readonly TopFeature[];
  readonly featuresKnown: number;
  readonly featuresTotal: number;
}

/** A vector whose explanation and margin disagree (I7). */
export interface Refusal extends Observed, Computed {
  readonly reason: string;
}

/** A prediction with its place in the outbox; kind past has none, and is never published. */
export interface OutboxPrediction {
  readonly shard: number;
  readonly position: bigint;
  readonly prediction: Prediction;
}
