/**
 * Bounds of the events that features consumes, as the comments of `transaction.proto` and `customer_profile.proto` state
 * them. Every answer names the field and its bound and never the value: details travel to dead letters and logs.
 */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { CustomerProfile, CustomerProfile_Obligation } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import type { Transaction } from '../../gen/pde/events/v1/transaction_pb.ts';
import {
  CATEGORIES,
  CHANNELS,
  CONTACT_CHANNELS,
  DECLARATIONS,
  DIRECTIONS,
  dayOf,
  MODES,
  OBLIGATION_KINDS,
  PROFILE_MODES,
  STANDINGS,
  STATUSES,
  TIME_PRECISIONS,
  toMs,
} from './convert.ts';

export const MAX_AMOUNT_MINOR = 10_000_000_000_000n;
const EARLIEST_SECONDS = 631_152_000n; // 1990-01-01
const LATEST_SECONDS = 7_258_118_400n; // 2200-01-01, as in GetFeaturesRequest
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
const TRANSACTION_ID = /^[\x21-\x7e]{1,128}$/;
const CURRENCY = /^[A-Z]{3}$/;
const CONTROL = /\p{Cc}/u;

type Check<T> = readonly [detail: string, holds: (value: T) => boolean];

/** The first bound that a transaction breaks, by field and bound; null if it keeps all of them. `appendMs` is the clock of LIVE records. */
export function transactionFault(message: Transaction, appendMs: number): string | null {
  const broken = TRANSACTION_CHECKS.find(([, holds]) => !holds(message));
  if (broken !== undefined) return broken[0];
  if (MODES.get(message.mode) === 'live' && toMs(message.occurredTime as Timestamp) > appendMs + DAY_MS) {
    return 'occurred_time of a LIVE record must be at most a day after its append time';
  }
  return null;
}

const TRANSACTION_CHECKS: readonly Check<Transaction>[] = [
  ['customer_id must be 1-64 characters of [A-Za-z0-9._-]', (m) => CUSTOMER_ID.test(m.customerId)],
  [
    'transaction_id must be 1-128 printable ASCII characters without blanks',
    (m) => TRANSACTION_ID.test(m.transactionId),
  ],
  ['account_id must be 1-64 characters of [A-Za-z0-9._-]', (m) => CUSTOMER_ID.test(m.accountId)],
  ['occurred_time must be from 1990-01-01 to before 2200-01-01', (m) => isTime(m.occurredTime)],
  ['time_precision must be DAY or SECOND', (m) => TIME_PRECISIONS.has(m.timePrecision)],
  ['utc_offset_minutes must be -840 to 840', (m) => Math.abs(m.utcOffsetMinutes ?? 0) <= 840],
  ['occurred_time of precision DAY must be the local midnight that starts the day', isMidnightIfDay],
  [
    'booking_time must be from 1990-01-01 to before 2200-01-01',
    (m) => m.bookingTime === undefined || isTime(m.bookingTime),
  ],
  ['direction must be CREDIT or DEBIT', (m) => DIRECTIONS.has(m.direction)],
  ['amount_minor must be 1 to 10^13', (m) => m.amountMinor >= 1n && m.amountMinor <= MAX_AMOUNT_MINOR],
  ['currency must be three capital letters', (m) => CURRENCY.test(m.currency)],
  ['status must be SETTLED or FAILED', (m) => STATUSES.has(m.status)],
  [
    'reverses_transaction_id must be 1-128 printable ASCII characters without blanks',
    (m) => m.reversesTransactionId === '' || TRANSACTION_ID.test(m.reversesTransactionId),
  ],
  ['reverses_transaction_id must not be the transaction itself', (m) => m.reversesTransactionId !== m.transactionId],
  ['channel is not one that the contract defines', (m) => CHANNELS.has(m.channel)],
  ['category is not one that the contract defines', (m) => CATEGORIES.has(m.category)],
  ['merchant_id must be at most 128 characters without control characters', (m) => isText(m.merchantId)],
  ['counterparty_id must be at most 128 characters without control characters', (m) => isText(m.counterpartyId)],
  ['obligation_id must be at most 128 characters without control characters', (m) => isText(m.obligationId)],
  ['balance_after_minor must be -10^13 to 10^13', (m) => isBalance(m.balanceAfterMinor)],
  [
    'declares must hold only declarations that the contract defines',
    (m) => m.declares.every((d) => DECLARATIONS.has(d)),
  ],
  ['mode must be LIVE or REPLAY', (m) => MODES.has(m.mode)],
];

/** The first bound that a profile breaks, by field and bound; null if it keeps all of them. */
export function profileFault(message: CustomerProfile): string | null {
  return (
    firstBroken(PROFILE_CHECKS, message) ??
    message.consents.map((consent) => firstBroken(CONSENT_CHECKS, consent)).find((fault) => fault !== null) ??
    message.obligations
      .map((obligation) => firstBroken(OBLIGATION_CHECKS, obligation))
      .find((fault) => fault !== null) ??
    null
  );
}

const PROFILE_CHECKS: readonly Check<CustomerProfile>[] = [
  ['customer_id must be 1-64 characters of [A-Za-z0-9._-]', (m) => CUSTOMER_ID.test(m.customerId)],
  ['version must be 1 to 2^53 - 1', (m) => m.version >= 1n && m.version <= BigInt(Number.MAX_SAFE_INTEGER)],
  ['effective_time must be from 1990-01-01 to before 2200-01-01', (m) => isTime(m.effectiveTime)],
  ['time_zone must be at most 128 characters without control characters', (m) => isText(m.timeZone)],
  ['salary_day_of_month must be 1 to 31', (m) => isWithin(m.salaryDayOfMonth, 1, 31)],
  ['standing must be OPEN, CLOSED or FORBORNE', (m) => STANDINGS.has(m.standing)],
  ['mode must be LIVE or REPLAY', (m) => PROFILE_MODES.has(m.mode)],
  [
    'obligations must have an obligation_id each, none twice',
    (m) => new Set(m.obligations.map((obligation) => obligation.obligationId)).size === m.obligations.length,
  ],
];

const CONSENT_CHECKS: readonly Check<CustomerProfile['consents'][number]>[] = [
  ['consents.channel must be PHONE_CALL, SMS or EMAIL', (m) => CONTACT_CHANNELS.has(m.channel)],
  ['consents.recorded_time must be from 1990-01-01 to before 2200-01-01', (m) => isTime(m.recordedTime)],
];

const OBLIGATION_CHECKS: readonly Check<CustomerProfile_Obligation>[] = [
  [
    'obligations.obligation_id must be 1-128 characters without control characters',
    (m) => m.obligationId !== '' && isText(m.obligationId),
  ],
  ['obligations.kind is not one that the contract defines', (m) => OBLIGATION_KINDS.has(m.kind)],
  ['obligations.amount_minor must be 1 to 10^13', (m) => m.amountMinor >= 1n && m.amountMinor <= MAX_AMOUNT_MINOR],
  ['obligations.first_due_date must be a date, YYYY-MM-DD', (m) => dayOf(m.firstDueDate) !== null],
  ['obligations.interval_months must be 1 to 12', (m) => isWithin(m.intervalMonths, 1, 12)],
  ['obligations.interval_days must be 1 to 366', (m) => isWithin(m.intervalDays, 1, 366)],
  [
    'obligations.interval_months and interval_days exclude each other',
    (m) => m.intervalMonths === undefined || m.intervalDays === undefined,
  ],
  [
    'obligations.last_due_date must be a date, YYYY-MM-DD',
    (m) => m.lastDueDate === '' || dayOf(m.lastDueDate) !== null,
  ],
  [
    'obligations.last_due_date must not be before first_due_date',
    (m) => m.lastDueDate === '' || m.lastDueDate >= m.firstDueDate,
  ],
];

/** Whether a text may be a customer's id, and so a record's key. */
export function isCustomerId(text: string): boolean {
  return CUSTOMER_ID.test(text);
}

function firstBroken<T>(checks: readonly Check<T>[], value: T): string | null {
  return checks.find(([, holds]) => !holds(value))?.[0] ?? null;
}

function isTime(time: Timestamp | undefined): boolean {
  if (time === undefined || time.nanos < 0 || time.nanos > 999_999_999) return false;
  return time.seconds >= EARLIEST_SECONDS && time.seconds < LATEST_SECONDS;
}

function isMidnightIfDay(message: Transaction): boolean {
  if (TIME_PRECISIONS.get(message.timePrecision) !== 'day') return true;
  const time = message.occurredTime as Timestamp;
  return time.nanos === 0 && (toMs(time) + (message.utcOffsetMinutes ?? 0) * MINUTE_MS) % DAY_MS === 0;
}

function isText(text: string): boolean {
  return (text.length <= 128 || [...text].length <= 128) && !CONTROL.test(text);
}

function isBalance(minor: bigint | undefined): boolean {
  return minor === undefined || (minor >= -MAX_AMOUNT_MINOR && minor <= MAX_AMOUNT_MINOR);
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (value >= min && value <= max);
}
