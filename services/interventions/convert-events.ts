/** What is stored, to the events that go out. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type DashboardUpdate,
  DashboardUpdate_RiskLevel,
  DashboardUpdateSchema,
} from '../../gen/pde/events/v1/dashboard_update_pb.ts';
import {
  type Intervention,
  Intervention_Channel,
  Intervention_Mode,
  Intervention_RiskLevel,
  InterventionSchema,
} from '../../gen/pde/events/v1/intervention_pb.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import type { DashboardRow, ReportedDecision, ReportedLow } from './store/read-dashboard-rows-after.ts';
import type { PublishedOffer } from './store/read-offers-after.ts';
import type { Personal } from './store/rows.ts';

const CHANNELS = {
  phone_call: Intervention_Channel.PHONE_CALL,
  sms: Intervention_Channel.SMS,
  email: Intervention_Channel.EMAIL,
} as const;

const MODES = { live: Intervention_Mode.LIVE, replay: Intervention_Mode.REPLAY } as const;

/** The event on interventions-stream. */
export function interventionEvent(offer: PublishedOffer): Intervention {
  const { personal } = offer;
  return create(InterventionSchema, {
    interventionId: offer.interventionId,
    customerId: offer.customerId,
    predictionId: offer.predictionId,
    decisionId: offer.decisionId,
    probability: personal.probability,
    horizonDays: personal.horizon_days,
    riskScore: personal.risk_score,
    riskLevel: Intervention_RiskLevel[offer.riskLevel],
    interventionType: offer.interventionType,
    channel: CHANNELS[offer.channel],
    priority: offer.priority,
    message: personal.message ?? '',
    reasons: reasonNames(personal),
    decidedTime: timestampFromMs(offer.decidedMs),
    expireTime: timestampFromMs(offer.expireMs),
    policyVersion: offer.policyVersion,
    mode: MODES[offer.mode],
  });
}

/** The event on dashboard-updates. Its id follows from what it tells of, so that a repeat is known as one. */
export function dashboardUpdate(row: DashboardRow): DashboardUpdate {
  return row.kind === 'low' ? lowUpdate(row) : decisionUpdate(row);
}

function lowUpdate({ shard, after, until, secondMs }: ReportedLow): DashboardUpdate {
  return create(DashboardUpdateSchema, {
    updateId: derivedId('dashboard-low', String(shard), String(after), String(until)),
    decidedTime: timestampFromMs(secondMs),
    decisions: Number(until - after),
    riskLevel: DashboardUpdate_RiskLevel.LOW,
  });
}

function decisionUpdate({ decisionId, customerId, decidedMs, riskLevel, personal, result }: ReportedDecision) {
  return create(DashboardUpdateSchema, {
    updateId: derivedId('dashboard-decision', decisionId),
    customerId,
    decidedTime: timestampFromMs(decidedMs),
    decisions: 1,
    riskLevel: DashboardUpdate_RiskLevel[riskLevel],
    probability: personal.probability,
    riskScore: personal.risk_score,
    reasons: reasonNames(personal),
    ...result,
  });
}

function reasonNames(personal: Personal): string[] {
  return personal.top_features.map((feature) => feature.name);
}
