/** What is stored, to the answers of InterventionService. */
import { create } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Decision,
  DecisionSchema,
  type Intervention,
  InterventionSchema,
  InterventionStatus,
} from '../../gen/pde/interventions/v1/intervention_pb.ts';
import {
  type GetStatsResponse,
  GetStatsResponseSchema,
} from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import {
  ContactPolicySchema,
  type ContactPolicy as PolicyMessage,
  SuppressionReason,
} from '../../gen/pde/interventions/v1/policy_pb.ts';
import { Eligibility, ReasonSchema, RiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import { officerText } from '../domain/features/reason-text.ts';
import { type ContactPolicy, DAY_MS } from '../domain/interventions/policy.ts';
import type { Eligibility as EligibilityWord } from '../domain/obligations/eligibility.ts';
import type { Counts } from './store/read-counts.ts';
import type { DecisionRead } from './store/read-history.ts';
import type { Intervention as StoredIntervention, TopFeature } from './store/rows.ts';

export function decisionMessage(read: DecisionRead): Decision {
  const { personal, result } = read;
  return create(DecisionSchema, {
    decisionId: read.decisionId,
    predictionId: read.predictionId,
    observationTime: timestampFromMs(read.observationMs),
    decidedTime: timestampFromMs(read.decidedMs),
    probability: personal.probability,
    riskScore: personal.risk_score,
    riskLevel: RiskLevel[read.riskLevel],
    eligibility: ELIGIBILITIES[read.eligibility],
    topReasons: personal.top_features.map(reasonMessage),
    modelVersion: read.modelVersion,
    policyVersion: read.policyVersion,
    result:
      typeof result === 'string'
        ? { case: 'suppressionReason', value: SuppressionReason[result] }
        : { case: 'intervention', value: interventionMessage(result) },
  });
}

export function interventionMessage({ outcome, expireMs, status, ...rest }: StoredIntervention): Intervention {
  return create(InterventionSchema, {
    ...rest,
    status: InterventionStatus[status],
    expireTime: timestampFromMs(expireMs),
    ...(outcome === null ? {} : { outcome: outcome.outcome, outcomeTime: timestampFromMs(outcome.recordedMs) }),
  });
}

const ELIGIBILITIES: Readonly<Record<EligibilityWord, Eligibility>> = {
  eligible: Eligibility.ELIGIBLE,
  nothing_due: Eligibility.NOTHING_DUE,
  already_late: Eligibility.ALREADY_LATE,
  recently_late: Eligibility.RECENTLY_LATE,
  closed: Eligibility.CLOSED,
  forborne: Eligibility.FORBORNE,
  undeclared: Eligibility.UNDECLARED,
};

function reasonMessage({ name, value, contribution }: TopFeature) {
  return create(ReasonSchema, {
    feature: name,
    ...(value === null ? {} : { value }),
    contribution,
    text: officerText(name, value ?? Number.NaN),
  });
}

export function policyMessage(policy: ContactPolicy): PolicyMessage {
  return create(ContactPolicySchema, {
    version: policy.version,
    coolDown: durationFromMs(policy.coolDownDays * DAY_MS),
    openFor: durationFromMs(policy.openForDays * DAY_MS),
    maxObservationAge: durationFromMs(policy.maxObservationAgeMs),
    minFeaturesKnownShare: policy.minFeaturesKnownShare,
  });
}

export function statsMessage({ decisions, customers }: Counts): GetStatsResponse {
  const total = (rows: Counts['decisions']) => BigInt(rows.reduce((sum, row) => sum + row.decisions, 0));
  const suppressed = decisions.filter((row) => !row.isIntervention);
  const interventions = decisions.filter((row) => row.isIntervention);
  return create(GetStatsResponseSchema, {
    customers: BigInt(customers.reduce((sum, row) => sum + row.customers, 0)),
    decisions: total(decisions),
    interventions: total(interventions),
    suppressed: total(suppressed.filter((row) => row.riskLevel !== 'LOW')),
    decisionsByLevel: sumsBy(decisions, (row) => row.riskLevel),
    customersByLevel: Object.fromEntries(customers.map((row) => [row.riskLevel, BigInt(row.customers)])),
    interventionsByType: sumsBy(interventions, (row) => row.result),
    suppressedByReason: sumsBy(suppressed, (row) => row.result),
    ...(decisions.length === 0
      ? {}
      : { latestDecidedTime: timestampFromMs(Math.max(...decisions.map((row) => row.latestDecidedMs))) }),
  });
}

function sumsBy(rows: Counts['decisions'], key: (row: Counts['decisions'][number]) => string): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const row of rows) sums[key(row)] = (sums[key(row)] ?? 0n) + BigInt(row.decisions);
  return sums;
}
