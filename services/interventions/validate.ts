/**
 * Bounds of the events that interventions consumes, as the comments of `prediction.proto` and `customer_profile.proto` state them.
 * All of them, also where no decision reads the field: a record that breaks the contract is another's fault to mend, and every
 * service that reads it must say so alike.
 */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { CustomerProfile, CustomerProfile_Obligation } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  type Prediction,
  Prediction_Origin,
  Prediction_RiskLevel,
  type Prediction_TopFeature,
} from '../../gen/pde/events/v1/prediction_pb.ts';
import { riskLevel } from '../domain/scoring/risk.ts';
import { vectorSha256 } from './content-digest.ts';

/** 1990-01-01 and 2200-01-01. */
const EARLIEST_MS = 631_152_000_000;
const LATEST_MS = 7_258_118_400_000;
const MAX_NANOS = 999_999_999;
const MAX_AMOUNT_MINOR = 10_000_000_000_000n;
const MAX_TOP_FEATURES = 3;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
const TRANSACTION_ID = /^[\x21-\x7e]{1,128}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CONTROL = /\p{Cc}/u;
const OBLIGATION_KINDS = 6;

/** What is wrong, by field and bound; thrown inside a reading only. */
export class Invalid extends Error {}

export function must(holds: boolean, detail: string): void {
  if (!holds) throw new Invalid(detail);
}

/** The word of an enum's number. */
export function known<T>(words: readonly (T | undefined)[], number: number, field: string): T {
  const word = words[number];
  if (word === undefined) throw new Invalid(`${field} is none of its values`);
  return word;
}

export function timeMs(time: Timestamp | undefined, field: string): number {
  if (time === undefined) throw new Invalid(`${field} is absent`);
  must(time.nanos >= 0 && time.nanos <= MAX_NANOS, `${field} has nanos that are not from 0 to 999999999`);
  const ms = Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6);
  must(ms >= EARLIEST_MS && ms < LATEST_MS, `${field} is not from 1990-01-01 to 2199-12-31`);
  return ms;
}

/** @throws Invalid for the first bound that it breaks; times and enums are checked where they are read */
export function checkPrediction(event: Prediction): void {
  must(UUID.test(event.predictionId), 'prediction_id is not a UUID in lower case');
  must(CUSTOMER_ID.test(event.customerId), `customer_id does not match ${CUSTOMER_ID.source}`);
  checkOrigin(event);
  must(event.ledgerPosition >= 1n, 'ledger_position is below 1');
  must(event.profileVersion >= 0n, 'profile_version is below 0');
  checkModel(event);
  checkScore(event);
  checkFeatures(event);
  must(event.topFeatures.length <= MAX_TOP_FEATURES, `top_features has more than ${MAX_TOP_FEATURES} entries`);
  event.topFeatures.forEach(checkTopFeature);
}

function checkOrigin({ origin, transactionId }: Prediction): void {
  if (origin === Prediction_Origin.TRANSACTION) {
    must(TRANSACTION_ID.test(transactionId), 'transaction_id is not of 1-128 printable characters');
    return;
  }
  must(origin === Prediction_Origin.REQUEST, 'origin is none of its values');
  must(transactionId === '', 'transaction_id is there although origin is REQUEST');
}

function checkModel(event: Prediction): void {
  must(isText(event.featureSetVersion), 'feature_set_version is not of 1-128 characters');
  must(isText(event.modelName), 'model_name is not of 1-128 characters');
  must(isText(event.modelVersion), 'model_version is not of 1-128 characters');
  must(isText(event.scoringPolicyVersion), 'scoring_policy_version is not of 1-128 characters');
  must(SHA256.test(event.modelSha256), 'model_sha256 is not a SHA-256 in lower case');
}

function checkScore(event: Prediction): void {
  must(Number.isFinite(event.baseValue), 'base_value is not finite');
  must(Number.isFinite(event.margin), 'margin is not finite');
  must(isShare(event.probability), 'probability is not from 0 to 1');
  must(isShare(event.riskScore), 'risk_score is not from 0 to 1');
  const level = Prediction_RiskLevel[riskLevel(event.riskScore)];
  must(event.riskLevel === level, 'risk_level is not the level of risk_score');
  must(
    event.actionProbability > 0 && event.actionProbability < 1,
    'action_probability is not between 0 and 1, exclusive',
  );
  must(event.horizonDays >= 1 && event.horizonDays <= 366, 'horizon_days is not from 1 to 366');
}

function checkFeatures(event: Prediction): void {
  const { features, contributions, featuresKnown, featuresTotal } = event;
  must(featuresTotal >= 1, 'features_total is below 1');
  must(featuresKnown >= 0 && featuresKnown <= featuresTotal, 'features_known is not from 0 to features_total');
  must(features.length === featuresTotal, 'features has not features_total values');
  must(contributions.length === featuresTotal, 'contributions has not features_total values');
  must(
    features.every((value) => Number.isFinite(value) || Number.isNaN(value)),
    'features has an infinite value',
  );
  must(contributions.every(Number.isFinite), 'contributions has a value that is not finite');
  const unknown = features.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  must(featuresKnown === featuresTotal - unknown, 'features_known is not the number of known values');
  must(vectorSha256(features) === event.vectorSha256, 'vector_sha256 is not that of features');
}

function checkTopFeature({ name, value, contribution }: Prediction_TopFeature): void {
  must(isText(name), 'top_features.name is not of 1-128 characters');
  must(Number.isFinite(contribution), 'top_features.contribution is not finite');
  must(contribution > 0, 'top_features.contribution is not above 0');
  must(Number.isFinite(value) || Number.isNaN(value), 'top_features.value is infinite');
}

/** @throws Invalid for the first bound that it breaks; times and enums are checked where they are read */
export function checkProfile(event: CustomerProfile): void {
  must(CUSTOMER_ID.test(event.customerId), `customer_id does not match ${CUSTOMER_ID.source}`);
  must(event.version >= 1n && event.version <= BigInt(Number.MAX_SAFE_INTEGER), 'version is not from 1 to 2^53 - 1');
  must(event.timeZone === '' || isText(event.timeZone), 'time_zone is not of 1-128 characters');
  must(isWithin(event.salaryDayOfMonth, 1, 31), 'salary_day_of_month is not from 1 to 31');
  event.obligations.forEach(checkObligation);
  const ids = new Set(event.obligations.map(({ obligationId }) => obligationId));
  must(ids.size === event.obligations.length, 'obligations has an obligation_id twice');
}

function checkObligation(event: CustomerProfile_Obligation): void {
  const { kind, amountMinor, firstDueDate, lastDueDate, intervalMonths, intervalDays } = event;
  must(isText(event.obligationId), 'obligations.obligation_id is not of 1-128 characters');
  must(kind >= 1 && kind <= OBLIGATION_KINDS, 'obligations.kind is none of its values');
  must(amountMinor >= 1n && amountMinor <= MAX_AMOUNT_MINOR, 'obligations.amount_minor is not from 1 to 10^13');
  must(isDate(firstDueDate), 'obligations.first_due_date is not a date, YYYY-MM-DD');
  must(isWithin(intervalMonths, 1, 12), 'obligations.interval_months is not from 1 to 12');
  must(isWithin(intervalDays, 1, 366), 'obligations.interval_days is not from 1 to 366');
  must(
    intervalMonths === undefined || intervalDays === undefined,
    'obligations.interval_months and interval_days exclude each other',
  );
  must(lastDueDate === '' || isDate(lastDueDate), 'obligations.last_due_date is not a date, YYYY-MM-DD');
  must(lastDueDate === '' || lastDueDate >= firstDueDate, 'obligations.last_due_date is before first_due_date');
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** 1-128 characters without control characters: PostgreSQL stores no NUL, and a log line is one line. */
function isText(value: string): boolean {
  return value !== '' && (value.length <= 128 || [...value].length <= 128) && !CONTROL.test(value);
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (value >= min && value <= max);
}

/** Whether the calendar has the date. */
function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
