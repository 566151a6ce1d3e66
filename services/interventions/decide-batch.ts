/**
 * Decides a batch: the pure part between what the store knows and what the store is told. Predictions of one customer are decided
 * in order, each on the state that the one before left.
 */
import {
  type Decision,
  type DecisionContext,
  decide,
  decisionTime,
  type PredictionFacts,
} from '../domain/interventions/decide.ts';
import { type KnownProfiles, type ProfileSeen, profileAt } from '../domain/interventions/profile-at.ts';
import { type CustomerState, evolve, initialState } from '../domain/interventions/state.ts';
import type { RiskLevel } from '../domain/scoring/risk.ts';
import type { CustomerCount, DecisionCount } from './store/add-counts.ts';
import type { Contacts } from './store/load-contacts.ts';
import type { CustomerRow, DecisionRow, OfferRow, Personal } from './store/rows.ts';

/** A prediction to decide about. */
export interface PredictionInput {
  readonly predictionId: string;
  readonly decisionId: string;
  readonly customerId: string;
  readonly appendMs: number;
  /** SHA-256 of all that it says. */
  readonly contentSha256: Uint8Array;
  readonly modelVersion: string;
  readonly facts: PredictionFacts;
  readonly personal: Omit<Personal, 'message'>;
}

/** What the store knows of the batch's customers. Contacts and profiles are needed only of those with a risk above LOW. */
export interface KnownCustomers {
  readonly customers: ReadonlyMap<string, CustomerRow>;
  readonly contacts: ReadonlyMap<string, Contacts>;
  readonly profiles: ReadonlyMap<string, KnownProfiles>;
}

/** What the store is told. */
export interface DecidedBatch {
  readonly decisions: readonly DecisionRow[];
  readonly offers: readonly OfferRow[];
  /** The latest of each customer. */
  readonly customers: readonly CustomerRow[];
  readonly decisionCounts: readonly DecisionCount[];
  readonly customerCounts: readonly CustomerCount[];
}

const NOT_LOOKED_AT: ProfileSeen = { profile: null, version: null };

/** @param predictions none of which has a decision yet, nor comes twice */
export function decideBatch(
  predictions: readonly PredictionInput[],
  known: KnownCustomers,
  context: DecisionContext,
): DecidedBatch {
  const states = new Map<string, CustomerState>();
  const latest = new Map<string, CustomerRow>();
  const decisions: DecisionRow[] = [];
  const offers: OfferRow[] = [];
  for (const prediction of predictions) {
    const { customerId, facts } = prediction;
    const state = states.get(customerId) ?? stateOf(customerId, known);
    const nowMs = decisionTime(state, facts, prediction.appendMs);
    const seen = facts.riskLevel === 'LOW' ? NOT_LOOKED_AT : profileAt(known.profiles.get(customerId), nowMs);
    const decision = decide(state, facts, seen.profile, context, nowMs);
    states.set(customerId, evolve(state, decision));
    latest.set(customerId, { customerId, lastDecidedMs: nowMs, riskLevel: facts.riskLevel });
    decisions.push(decisionRow(prediction, decision, seen.version));
    const offer = offerRow(prediction, decision);
    if (offer !== null) offers.push(offer);
  }
  const customers = [...latest.values()];
  return {
    decisions,
    offers,
    customers,
    decisionCounts: countDecisions(decisions, offers),
    customerCounts: countCustomers(customers, known.customers),
  };
}

function stateOf(customerId: string, known: KnownCustomers): CustomerState {
  const lastDecidedMs = known.customers.get(customerId)?.lastDecidedMs ?? null;
  return { ...initialState, ...known.contacts.get(customerId), lastDecidedMs };
}

function decisionRow(
  { facts, personal, ...prediction }: PredictionInput,
  { decidedMs, policyVersion, result }: Decision,
  profileVersion: number | null,
): DecisionRow {
  return {
    decisionId: prediction.decisionId,
    predictionId: prediction.predictionId,
    predictionSha256: prediction.contentSha256,
    customerId: prediction.customerId,
    mode: facts.mode,
    observationMs: facts.observationMs,
    decidedMs,
    riskLevel: facts.riskLevel,
    eligibility: facts.eligibility,
    modelVersion: prediction.modelVersion,
    policyVersion,
    profileVersion,
    suppressionReason: result.kind === 'suppression' ? result.reason : null,
    personal: result.kind === 'suppression' ? personal : { ...personal, message: result.message },
  };
}

function offerRow({ decisionId, customerId }: PredictionInput, { decidedMs, result }: Decision): OfferRow | null {
  if (result.kind === 'suppression') return null;
  return {
    interventionId: result.interventionId,
    decisionId,
    customerId,
    riskLevel: result.level,
    interventionType: result.interventionType,
    channel: result.channel,
    priority: result.priority,
    decidedMs,
    expireMs: result.expireMs,
    escalates: result.escalates,
  };
}

function countDecisions(decisions: readonly DecisionRow[], offers: readonly OfferRow[]): readonly DecisionCount[] {
  const typeOf = new Map(offers.map((offer) => [offer.decisionId, offer.interventionType]));
  const counts = new Map<string, DecisionCount>();
  for (const { decisionId, riskLevel, suppressionReason, decidedMs } of decisions) {
    const result = suppressionReason ?? typeOf.get(decisionId)!;
    const before = counts.get(`${riskLevel} ${result}`);
    counts.set(`${riskLevel} ${result}`, {
      riskLevel,
      result,
      isIntervention: suppressionReason === null,
      decisions: (before?.decisions ?? 0) + 1,
      latestDecidedMs: Math.max(before?.latestDecidedMs ?? decidedMs, decidedMs),
    });
  }
  return [...counts.values()];
}

/** What each level won and lost; levels that neither won nor lost are left out. */
function countCustomers(
  customers: readonly CustomerRow[],
  before: ReadonlyMap<string, CustomerRow>,
): readonly CustomerCount[] {
  const won = new Map<RiskLevel, number>();
  const add = (level: RiskLevel, n: number) => won.set(level, (won.get(level) ?? 0) + n);
  for (const { customerId, riskLevel } of customers) {
    const from = before.get(customerId);
    if (from !== undefined) add(from.riskLevel, -1);
    add(riskLevel, 1);
  }
  return [...won].filter(([, n]) => n !== 0).map(([riskLevel, n]) => ({ riskLevel, customers: n }));
}
