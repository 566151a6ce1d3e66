/**
 * Events that come in, to what the service works on. What an event says is checked here, once: nothing behind this file sees a
 * value out of its bounds. Details name the field and the bound, never the value, which may be personal.
 */
import { createHash } from 'node:crypto';
import { clone, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type CustomerProfile,
  CustomerProfile_ConsentSchema,
  CustomerProfile_Mode,
  CustomerProfile_ObligationSchema,
  CustomerProfileSchema,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import type { Prediction, Prediction_TopFeature } from '../../gen/pde/events/v1/prediction_pb.ts';
import type { Consent, ContactChannel, Standing } from '../domain/bank/profile.ts';
import type { Mode } from '../domain/bank/transaction.ts';
import type { Eligibility } from '../domain/obligations/eligibility.ts';
import { type RiskLevel, riskLevel } from '../domain/scoring/risk.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import type { PredictionInput } from './decide-batch.ts';
import type { LogPlace, ProfileRow, TopFeature } from './store/rows.ts';

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

/** 1990-01-01 and 2200-01-01. */
const EARLIEST_MS = 631_152_000_000;
const LATEST_MS = 7_258_118_400_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_TOP_FEATURES = 3;
const MAX_CONSENTS = 100;

/** Thrown inside a reading only. */
class Invalid extends Error {}

function reading<T>(read: () => T): Reading<T> {
  try {
    return { kind: 'ok', value: read() };
  } catch (cause) {
    if (cause instanceof Invalid) return { kind: 'invalid', detail: cause.message };
    throw cause;
  }
}

function must(holds: boolean, detail: string): void {
  if (!holds) throw new Invalid(detail);
}

function known<T>(words: readonly (T | undefined)[], number: number, field: string): T {
  const word = words[number];
  if (word === undefined) throw new Invalid(`${field} is none of its values`);
  return word;
}

function timeMs(time: Timestamp | undefined, field: string): number {
  if (time === undefined) throw new Invalid(`${field} is absent`);
  const ms = Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6);
  must(ms >= EARLIEST_MS && ms < LATEST_MS, `${field} is not from 1990-01-01 to 2199-12-31`);
  return ms;
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

function checkPrediction(event: Prediction): void {
  must(UUID.test(event.predictionId), 'prediction_id is not a UUID in lower case');
  must(CUSTOMER_ID.test(event.customerId), `customer_id does not match ${CUSTOMER_ID.source}`);
  must(isShare(event.probability), 'probability is not from 0 to 1');
  must(isShare(event.riskScore), 'risk_score is not from 0 to 1');
  must(RISK_LEVELS[event.riskLevel] === riskLevel(event.riskScore), 'risk_level is not the level of risk_score');
  must(event.horizonDays >= 1 && event.horizonDays <= 366, 'horizon_days is not from 1 to 366');
  must(isText(event.modelVersion, 128), 'model_version is not of 1-128 characters');
  must(event.featuresTotal >= 1, 'features_total is below 1');
  must(
    event.featuresKnown >= 0 && event.featuresKnown <= event.featuresTotal,
    'features_known is not from 0 to features_total',
  );
  must(event.topFeatures.length <= MAX_TOP_FEATURES, `top_features has more than ${MAX_TOP_FEATURES} entries`);
}

function topFeatureOf({ name, value, contribution }: Prediction_TopFeature): TopFeature {
  must(isText(name, 128), 'top_features.name is not of 1-128 characters');
  must(Number.isFinite(contribution), 'top_features.contribution is not finite');
  must(Number.isFinite(value) || Number.isNaN(value), 'top_features.value is infinite');
  return { name, value: Number.isNaN(value) ? null : value, contribution };
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** PostgreSQL stores no NUL in text. */
function isText(value: string, maxLength: number): boolean {
  return value.length > 0 && value.length <= maxLength && !value.includes('\0');
}

/** Of a profile what a contact decision reads, and the digest of all it says. */
export function readProfile(event: CustomerProfile, place: LogPlace): Reading<ProfileRow> {
  return reading(() => profileOf(event, place));
}

function profileOf(event: CustomerProfile, place: LogPlace): ProfileRow {
  must(CUSTOMER_ID.test(event.customerId), `customer_id does not match ${CUSTOMER_ID.source}`);
  must(event.version >= 1n && event.version <= BigInt(Number.MAX_SAFE_INTEGER), 'version is not from 1 to 2^53 - 1');
  must(event.timeZone === '' || isText(event.timeZone, 64), 'time_zone is longer than 64 characters, or has a NUL');
  must(event.consents.length <= MAX_CONSENTS, `consents has more than ${MAX_CONSENTS} entries`);
  known(MODES, event.mode, 'mode');
  return {
    customerId: event.customerId,
    version: Number(event.version),
    effectiveMs: timeMs(event.effectiveTime, 'effective_time'),
    contentSha256: contentSha256(event),
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

/** Of all that the snapshot says; its mode aside, and consents and obligations in any order. */
function contentSha256(event: CustomerProfile): Uint8Array {
  const content = clone(CustomerProfileSchema, event);
  content.mode = CustomerProfile_Mode.UNSPECIFIED;
  content.consents = sorted(CustomerProfile_ConsentSchema, content.consents);
  content.obligations = sorted(CustomerProfile_ObligationSchema, content.obligations);
  return createHash('sha256').update(toBinary(CustomerProfileSchema, content)).digest();
}

function sorted<D extends DescMessage>(desc: D, messages: MessageShape<D>[]): MessageShape<D>[] {
  const keyed = messages.map((message) => ({ message, bytes: toBinary(desc, message) }));
  return keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ message }) => message);
}
