/** What is stored, as the store's operations take and give it. Times are milliseconds since the epoch, ids UUID texts. */

import type { Consent, ContactChannel, Standing } from '../../domain/bank/profile.ts';
import type { Mode } from '../../domain/bank/transaction.ts';
import type { SuppressionReason } from '../../domain/interventions/decide.ts';
import type { ActionLevel, InterventionType } from '../../domain/interventions/policy.ts';
import type { Eligibility } from '../../domain/obligations/eligibility.ts';
import type { RiskLevel } from '../../domain/scoring/risk.ts';

/** The service's name, and its schema. */
export const SERVICE = 'interventions';
export const SCHEMA = 'interventions';

/** Names of the append-only tables as outboxes (I5). */
export const OFFERS_OUTBOX = 'offers';
export const DASHBOARD_OUTBOX = 'dashboard';

export interface TopFeature {
  readonly name: string;
  /** Null: unknown. */
  readonly value: number | null;
  readonly contribution: number;
}

/** Everything personal in a decision: the one place that can be encrypted under the customer's key (DESIGN section 9). */
export interface Personal {
  readonly probability: number;
  readonly horizon_days: number;
  readonly risk_score: number;
  readonly top_features: readonly TopFeature[];
  /** What the customer is told; only where there is an offer. */
  readonly message?: string;
}

export interface DecisionRow {
  readonly decisionId: string;
  readonly predictionId: string;
  /** Of all that the prediction says, so that another content under its id is told from a repeat. */
  readonly predictionSha256: Uint8Array;
  readonly customerId: string;
  readonly mode: Mode;
  readonly observationMs: number;
  readonly decidedMs: number;
  readonly riskLevel: RiskLevel;
  readonly eligibility: Eligibility;
  readonly modelVersion: string;
  readonly policyVersion: string;
  /** The profile's version that was looked at; null: none. */
  readonly profileVersion: number | null;
  /** Null: there is an offer. */
  readonly suppressionReason: SuppressionReason | null;
  readonly personal: Personal;
}

export interface OfferRow {
  readonly interventionId: string;
  readonly decisionId: string;
  readonly customerId: string;
  readonly riskLevel: ActionLevel;
  readonly interventionType: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly decidedMs: number;
  readonly expireMs: number;
  /** The open offer of a lower level whose place it takes; null: none. */
  readonly escalates: string | null;
}

/** The latest of a customer. */
export interface CustomerRow {
  readonly customerId: string;
  readonly lastDecidedMs: number;
  readonly riskLevel: RiskLevel;
}

/** Of a profile what a contact decision reads. */
export interface ProfileRow {
  readonly customerId: string;
  readonly version: number;
  readonly effectiveMs: number;
  /** SHA-256 of the whole snapshot. */
  readonly contentSha256: Uint8Array;
  readonly timeZone: string | null;
  readonly standing: Standing;
  readonly consents: readonly Consent[];
  readonly place: LogPlace;
}

/** When and where in its partition the broker appended a record. */
export interface LogPlace {
  readonly appendMs: number;
  readonly offset: bigint;
}

export type InterventionStatus = 'OPEN' | 'COMPLETED' | 'EXPIRED' | 'ESCALATED';

/** An offer as it stands: a row of the view interventions.interventions. */
export interface Intervention {
  readonly interventionId: string;
  readonly interventionType: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly message: string;
  readonly status: InterventionStatus;
  readonly expireMs: number;
  /** Null: none was recorded. */
  readonly outcome: { readonly outcome: string; readonly recordedMs: number } | null;
}

/** Text that PostgreSQL reads as exactly that millisecond. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** SQL for a timestamptz as whole milliseconds since the epoch, a float8. */
export function msOf(column: string): string {
  return `floor(extract(epoch FROM ${column}) * 1000)::float8`;
}
