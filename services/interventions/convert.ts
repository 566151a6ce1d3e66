/**
 * Events that come in, to what the service works on. What an event says is checked here and in `validate.ts`, once: nothing behind
 * them sees a value out of its bounds. Details name the field and the bound, never the value, which may be personal.
 */
import type { CustomerProfile } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import type { Prediction, Prediction_TopFeature } from '../../gen/pde/events/v1/prediction_pb.ts';
import type { Consent, ContactChannel, Standing } from '../domain/bank/profile.ts';
import type { Mode } from '../domain/bank/transaction.ts';
import type { Eligibility } from '../domain/obligations/eligibility.ts';
import type { RiskLevel } from '../domain/scoring/risk.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import { predictionSha256, profileSha256 } from './content-digest.ts';
import type { PredictionInput } from './decide-batch.ts';
import type { LogPlace, ProfileRow, TopFeature } from './store/rows.ts';
import { checkPrediction, checkProfile, Invalid, known, timeMs } from './validate.ts';

/** A value, or what is wrong with the event. */
export type Reading<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly detail: string };

/** Enum numbers of the events, in words; numbers that are not listed are invalid. Index 0 is UNSPECIFIED. */
const RISK_LEVELS: readonly (RiskLevel | undefined)[] = [undefined, 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const MODES: readonly (Mode | undefined)[] = [undefined, 'live', 'replay'];
const CHANNELS: readonly (ContactChannel | undefined)[] = [undefined, 'phone_call', 'sms', 'email'];
const STANDINGS: readonly (Standing | undefined)[] = [undefined, 'open', 'closed', 'forborne'];
const ELIGIBILITIES: readonly (Eligibility | undefined)[] = [
  undefined,
  'eligible',
  'nothing_due',
  'already_late',
  'recently_late',
  'closed',
  'forborne',
  'undeclared',
];

function reading<T>(read: () => T): Reading<T> {
  try {
    return { kind: 'ok', value: read() };
  } catch (cause) {
    if (cause instanceof Invalid) return { kind: 'invalid', detail: cause.message };
    throw cause;
  }
}

/** A prediction as a decision needs it. The ids of what follows are derived from its own (DESIGN section 2). */
export function readPrediction(event: Prediction, appendMs: number): Reading<PredictionInput> {
  return reading(() => predictionOf(event, appendMs));
}

function predictionOf(event: Prediction, appendMs: number): PredictionInput {
  checkPrediction(event);
  const { predictionId, customerId, modelVersion } = event;
  const decisionId = derivedId('decision', predictionId);
  const topFeatures = event.topFeatures.map(topFeatureOf);
  return {
    predictionId,
    decisionId,
    customerId,
    appendMs,
    contentSha256: predictionSha256(event),
    modelVersion,
    facts: {
      interventionId: derivedId('intervention', decisionId),
      mode: known(MODES, event.mode, 'mode'),
      observationMs: timeMs(event.observationTime, 'observation_time'),
      riskLevel: known(RISK_LEVELS, event.riskLevel, 'risk_level'),
      eligibility: known(ELIGIBILITIES, event.eligibility, 'eligibility'),
      featuresKnown: event.featuresKnown,
      featuresTotal: event.featuresTotal,
      topFeatures,
    },
    personal: {
      probability: event.probability,
      horizon_days: event.horizonDays,
      risk_score: event.riskScore,
      top_features: topFeatures,
    },
  };
}

function topFeatureOf({ name, value, contribution }: Prediction_TopFeature): TopFeature {
  return { name, value: Number.isNaN(value) ? null : value, contribution };
}

/** Of a profile what a contact decision reads, and the digest of all it says. */
export function readProfile(event: CustomerProfile, place: LogPlace): Reading<ProfileRow> {
  return reading(() => profileOf(event, place));
}

function profileOf(event: CustomerProfile, place: LogPlace): ProfileRow {
  checkProfile(event);
  known(MODES, event.mode, 'mode');
  return {
    customerId: event.customerId,
    version: Number(event.version),
    effectiveMs: timeMs(event.effectiveTime, 'effective_time'),
    contentSha256: profileSha256(event),
    timeZone: event.timeZone === '' ? null : event.timeZone,
    standing: known(STANDINGS, event.standing, 'standing'),
    consents: event.consents.map(
      (consent): Consent => ({
        channel: known(CHANNELS, consent.channel, 'consents.channel'),
        granted: consent.granted,
        recordedMs: timeMs(consent.recordedTime, 'consents.recorded_time'),
      }),
    ),
    place,
  };
}
