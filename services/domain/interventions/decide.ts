/**
 * What is done about one prediction: an offer of help, or nothing, for exactly one reason. Pure: `now`, ids and the list of time
 * zones are arguments, so that a replay decides the same.
 *
 * Of several reasons the first in {@link CHECKS} is given. The order is: what makes asking pointless; what the customer and the
 * bank said (stop, standing, consent, place); how good the observation is; and only then how often the customer was contacted. So
 * a customer without a consent record is always told of as such, however little else is known of them.
 */
import type { Consent, ContactChannel, Profile } from '../bank/profile.ts';
import type { Mode } from '../bank/transaction.ts';
import type { Eligibility } from '../obligations/eligibility.ts';
import type { RiskLevel } from '../scoring/risk.ts';
import { messageFor, type ToldFeature } from './message.ts';
import type { ActionLevel, ContactPolicy, InterventionType } from './policy.ts';
import { ACTION_LEVELS, DAY_MS } from './policy.ts';
import type { CustomerState } from './state.ts';
import { openAt } from './state.ts';

export type SuppressionReason =
  | 'LOW_RISK'
  | 'POLICY_UNREADABLE'
  | 'CUSTOMER_STOPPED'
  | 'NOT_ELIGIBLE'
  | 'NO_CONSENT_RECORD'
  | 'CONSENT_REFUSED'
  | 'UNKNOWN_TIME_ZONE'
  | 'STALE'
  | 'TOO_LITTLE_KNOWN'
  | 'ALREADY_OPEN'
  | 'COOL_DOWN';

/** What a decision needs of a prediction. */
export interface PredictionFacts {
  /** The id that an intervention for this prediction has. */
  readonly interventionId: string;
  readonly mode: Mode;
  /** t, milliseconds since the epoch. */
  readonly observationMs: number;
  readonly riskLevel: RiskLevel;
  readonly eligibility: Eligibility;
  readonly featuresKnown: number;
  readonly featuresTotal: number;
  /** The features that raise the risk most, largest first. */
  readonly topFeatures: readonly ToldFeature[];
}

/** The part of a profile that contact depends on; null: no profile is known; 'stopped': the bank said to stop. */
export type ContactProfile = Pick<Profile, 'timeZone' | 'consents' | 'standing'> | null | 'stopped';

/** What a decision looks up beside the customer. */
export interface DecisionContext {
  /** The policy in force; 'unreadable': there is none that can be trusted. */
  readonly policy: ContactPolicy | 'unreadable';
  /** Whether a name is one of the IANA time zones. */
  isKnownTimeZone(name: string): boolean;
  /** What a customer may be told about a known value of a feature, words without a full stop; null: nothing. */
  wordsFor(feature: string, value: number): string | null;
}

export interface InterventionResult {
  readonly kind: 'intervention';
  readonly interventionId: string;
  readonly level: ActionLevel;
  readonly interventionType: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly message: string;
  /** When it stops being open. */
  readonly expireMs: number;
  /** The open intervention of a lower level whose place it takes; null: none was open. */
  readonly escalates: string | null;
}

export interface Suppression {
  readonly kind: 'suppression';
  readonly reason: SuppressionReason;
}

export interface Decision {
  /** The `now` that was decided at, milliseconds since the epoch. */
  readonly decidedMs: number;
  /** Version of the policy; "unreadable" where there was none. */
  readonly policyVersion: string;
  readonly result: InterventionResult | Suppression;
}

/** `now` of a decision: the record's append time live, t in a replay, and never before the customer's previous decision. */
export function decisionTime(
  state: CustomerState,
  prediction: Pick<PredictionFacts, 'mode' | 'observationMs'>,
  appendMs: number,
): number {
  const ownMs = prediction.mode === 'live' ? appendMs : prediction.observationMs;
  return state.lastDecidedMs === null ? ownMs : Math.max(ownMs, state.lastDecidedMs);
}

/** Decides about one prediction of a customer. For LOW neither the profile nor the open interventions are looked at. */
export function decide(
  state: CustomerState,
  prediction: PredictionFacts,
  profile: ContactProfile,
  context: DecisionContext,
  nowMs: number,
): Decision {
  const { policy } = context;
  const policyVersion = policy === 'unreadable' ? policy : policy.version;
  const suppress = (reason: SuppressionReason): Decision => ({
    decidedMs: nowMs,
    policyVersion,
    result: { kind: 'suppression', reason },
  });
  const level = prediction.riskLevel;
  if (level === 'LOW') return suppress('LOW_RISK');
  if (policy === 'unreadable') return suppress('POLICY_UNREADABLE');
  const question: Question = { state, prediction, profile, policy, level, nowMs, zones: context };
  const against = CHECKS.find((check) => check.applies(question));
  if (against !== undefined) return suppress(against.reason);
  return { decidedMs: nowMs, policyVersion, result: intervene(question, context) };
}

interface Question {
  readonly state: CustomerState;
  readonly prediction: PredictionFacts;
  readonly profile: ContactProfile;
  readonly policy: ContactPolicy;
  readonly level: ActionLevel;
  readonly nowMs: number;
  readonly zones: Pick<DecisionContext, 'isKnownTimeZone'>;
}

interface Check {
  readonly reason: SuppressionReason;
  applies(question: Question): boolean;
}

/** What speaks against contact, in order of precedence; LOW_RISK and POLICY_UNREADABLE come before all of it. */
const CHECKS: readonly Check[] = [
  { reason: 'CUSTOMER_STOPPED', applies: ({ profile }) => profile === 'stopped' },
  { reason: 'NOT_ELIGIBLE', applies: (question) => !mayBeActedOn(question) },
  { reason: 'NO_CONSENT_RECORD', applies: (question) => consentAt(question) === null },
  { reason: 'CONSENT_REFUSED', applies: (question) => consentAt(question)?.granted !== true },
  { reason: 'UNKNOWN_TIME_ZONE', applies: (question) => !isPlaceKnown(question) },
  { reason: 'STALE', applies: isStale },
  { reason: 'TOO_LITTLE_KNOWN', applies: isTooLittleKnown },
  { reason: 'ALREADY_OPEN', applies: isAlreadyOpen },
  { reason: 'COOL_DOWN', applies: isCoolingDown },
];

/** The profile may be newer than the observation: a relationship closed or forborne since then counts. */
function mayBeActedOn({ prediction, profile }: Question): boolean {
  const eligible = prediction.eligibility === 'eligible' || prediction.eligibility === 'undeclared';
  return eligible && (profile === null || profile === 'stopped' || profile.standing === 'open');
}

/** The customer's last word at `now` on the strategy's channel; of two at one instant the refusal. Null: none is on record. */
function consentAt({ profile, policy, level, nowMs }: Question): Consent | null {
  if (profile === null || profile === 'stopped') return null;
  const { channel } = policy.strategies[level];
  let latest: Consent | null = null;
  for (const consent of profile.consents) {
    if (consent.channel !== channel || consent.recordedMs > nowMs) continue;
    if (latest === null || overrides(consent, latest)) latest = consent;
  }
  return latest;
}

function overrides(consent: Consent, earlier: Consent): boolean {
  return consent.recordedMs > earlier.recordedMs || (consent.recordedMs === earlier.recordedMs && !consent.granted);
}

function isPlaceKnown({ profile, zones }: Question): boolean {
  return (
    profile !== null && profile !== 'stopped' && profile.timeZone !== null && zones.isKnownTimeZone(profile.timeZone)
  );
}

function isStale({ prediction, policy, nowMs }: Question): boolean {
  return prediction.mode === 'live' && nowMs - prediction.observationMs > policy.maxObservationAgeMs;
}

/** Written so that a share that is no number is too little. */
function isTooLittleKnown({ prediction, policy }: Question): boolean {
  return !(prediction.featuresKnown / prediction.featuresTotal >= policy.minFeaturesKnownShare);
}

function isAlreadyOpen({ state, level, nowMs }: Question): boolean {
  const open = openAt(state, nowMs);
  return open !== null && rank(open.level) >= rank(level);
}

function isCoolingDown({ state, policy, level, nowMs }: Question): boolean {
  return ACTION_LEVELS.slice(rank(level)).some((contacted) => {
    const contactedMs = state.contactedMs[contacted];
    return contactedMs !== undefined && nowMs - contactedMs < policy.coolDownDays * DAY_MS;
  });
}

function rank(level: ActionLevel): number {
  return ACTION_LEVELS.indexOf(level);
}

function intervene(
  { state, prediction, policy, level, nowMs }: Question,
  context: DecisionContext,
): InterventionResult {
  const strategy = policy.strategies[level];
  return {
    kind: 'intervention',
    interventionId: prediction.interventionId,
    level,
    interventionType: strategy.interventionType,
    channel: strategy.channel,
    priority: strategy.priority,
    message: messageFor(strategy, prediction.topFeatures, context.wordsFor),
    expireMs: nowMs + policy.openForDays * DAY_MS,
    escalates: openAt(state, nowMs)?.interventionId ?? null,
  };
}
