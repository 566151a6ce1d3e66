/**
 * Contract messages <-> domain values, and only here. Conversion trusts its input: `validate.ts` has refused what is out of
 * bounds before. Times lose what is finer than a millisecond; the engine never sees it.
 */
import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type * as profileEvents from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  CustomerProfile_ContactChannel,
  CustomerProfile_Mode,
  CustomerProfile_ObligationKind,
  CustomerProfile_Standing,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import type { Transaction } from '../../gen/pde/events/v1/transaction_pb.ts';
import {
  Transaction_Category,
  Transaction_Channel,
  Transaction_Declaration,
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import {
  Eligibility,
  type Features,
  FeaturesSchema,
  type FeatureVector,
  FeatureVectorSchema,
  Mode as VectorMode,
} from '../../gen/pde/features/v1/feature_pb.ts';
import type { ContactChannel, Obligation, ObligationKind, Profile, Standing } from '../domain/bank/profile.ts';
import {
  type Category,
  type Channel,
  Declares,
  type Direction,
  type LedgerRow,
  type Mode,
  type TimePrecision,
  type TransactionStatus,
} from '../domain/bank/transaction.ts';
import type { Eligibility as DomainEligibility } from '../domain/obligations/eligibility.ts';

export const DIRECTIONS: ReadonlyMap<number, Direction> = new Map([
  [Transaction_Direction.CREDIT, 'credit'],
  [Transaction_Direction.DEBIT, 'debit'],
]);
export const STATUSES: ReadonlyMap<number, TransactionStatus> = new Map([
  [Transaction_Status.SETTLED, 'settled'],
  [Transaction_Status.FAILED, 'failed'],
]);
export const TIME_PRECISIONS: ReadonlyMap<number, TimePrecision> = new Map([
  [Transaction_TimePrecision.DAY, 'day'],
  [Transaction_TimePrecision.SECOND, 'second'],
]);
export const MODES: ReadonlyMap<number, Mode> = new Map([
  [Transaction_Mode.LIVE, 'live'],
  [Transaction_Mode.REPLAY, 'replay'],
]);
export const CHANNELS: ReadonlyMap<number, Channel> = new Map([
  [Transaction_Channel.UNSPECIFIED, 'unknown'],
  [Transaction_Channel.CARD, 'card'],
  [Transaction_Channel.ATM, 'atm'],
  [Transaction_Channel.BRANCH, 'branch'],
  [Transaction_Channel.TRANSFER, 'transfer'],
  [Transaction_Channel.DIRECT_DEBIT, 'direct_debit'],
  [Transaction_Channel.INTERNAL, 'internal'],
]);
export const CATEGORIES: ReadonlyMap<number, Category> = new Map([
  [Transaction_Category.UNSPECIFIED, 'unknown'],
  [Transaction_Category.SALARY, 'salary'],
  [Transaction_Category.BENEFIT, 'benefit'],
  [Transaction_Category.INTEREST, 'interest'],
  [Transaction_Category.GROCERIES, 'groceries'],
  [Transaction_Category.UTILITIES, 'utilities'],
  [Transaction_Category.RENT, 'rent'],
  [Transaction_Category.INSURANCE, 'insurance'],
  [Transaction_Category.HEALTH, 'health'],
  [Transaction_Category.TRANSPORT, 'transport'],
  [Transaction_Category.DINING, 'dining'],
  [Transaction_Category.ENTERTAINMENT, 'entertainment'],
  [Transaction_Category.SHOPPING, 'shopping'],
  [Transaction_Category.TRAVEL, 'travel'],
  [Transaction_Category.GAMBLING, 'gambling'],
  [Transaction_Category.LOAN, 'loan'],
  [Transaction_Category.SUBSCRIPTION, 'subscription'],
  [Transaction_Category.CARD_PAYMENT, 'card_payment'],
  [Transaction_Category.CASH, 'cash'],
  [Transaction_Category.FEE, 'fee'],
  [Transaction_Category.OVERDRAFT_CHARGE, 'overdraft_charge'],
  [Transaction_Category.OTHER, 'other'],
]);
export const DECLARATIONS: ReadonlyMap<number, number> = new Map([
  [Transaction_Declaration.FAILURES, Declares.failures],
  [Transaction_Declaration.MERCHANT, Declares.merchant],
  [Transaction_Declaration.SPENDING_CATEGORY, Declares.spendingCategory],
  [Transaction_Declaration.BILL_CATEGORY, Declares.billCategory],
  [Transaction_Declaration.OVERDRAFT_CHARGES, Declares.overdraftCharges],
  [Transaction_Declaration.CHANNEL, Declares.channel],
]);
export const PROFILE_MODES: ReadonlyMap<number, Mode> = new Map([
  [CustomerProfile_Mode.LIVE, 'live'],
  [CustomerProfile_Mode.REPLAY, 'replay'],
]);
export const STANDINGS: ReadonlyMap<number, Standing> = new Map([
  [CustomerProfile_Standing.OPEN, 'open'],
  [CustomerProfile_Standing.CLOSED, 'closed'],
  [CustomerProfile_Standing.FORBORNE, 'forborne'],
]);
export const CONTACT_CHANNELS: ReadonlyMap<number, ContactChannel> = new Map([
  [CustomerProfile_ContactChannel.PHONE_CALL, 'phone_call'],
  [CustomerProfile_ContactChannel.SMS, 'sms'],
  [CustomerProfile_ContactChannel.EMAIL, 'email'],
]);
export const OBLIGATION_KINDS: ReadonlyMap<number, ObligationKind> = new Map([
  [CustomerProfile_ObligationKind.RENT, 'rent'],
  [CustomerProfile_ObligationKind.UTILITIES, 'utilities'],
  [CustomerProfile_ObligationKind.INSURANCE, 'insurance'],
  [CustomerProfile_ObligationKind.LOAN, 'loan'],
  [CustomerProfile_ObligationKind.CARD, 'card'],
  [CustomerProfile_ObligationKind.SUBSCRIPTION, 'subscription'],
]);

const ELIGIBILITIES: Readonly<Record<DomainEligibility, Eligibility>> = {
  eligible: Eligibility.ELIGIBLE,
  nothing_due: Eligibility.NOTHING_DUE,
  already_late: Eligibility.ALREADY_LATE,
  recently_late: Eligibility.RECENTLY_LATE,
  closed: Eligibility.CLOSED,
  forborne: Eligibility.FORBORNE,
  undeclared: Eligibility.UNDECLARED,
};

const DAY_MS = 86_400_000;

/** Milliseconds since the epoch; what is finer is cut off. */
export function toMs(time: Timestamp): number {
  return Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
}

export function toTimestamp(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** The ledger row that a valid transaction becomes. */
export function toLedgerRow(message: Transaction): LedgerRow {
  const occurredMs = toMs(required(message.occurredTime));
  return {
    transactionId: message.transactionId,
    accountId: message.accountId,
    occurredMs,
    bookedMs: message.bookingTime === undefined ? occurredMs : toMs(message.bookingTime),
    utcOffsetMinutes: message.utcOffsetMinutes ?? 0,
    timePrecision: required(TIME_PRECISIONS.get(message.timePrecision)),
    direction: required(DIRECTIONS.get(message.direction)),
    status: required(STATUSES.get(message.status)),
    amountMinor: Number(message.amountMinor),
    balanceAfterMinor: message.balanceAfterMinor === undefined ? null : Number(message.balanceAfterMinor),
    channel: required(CHANNELS.get(message.channel)),
    category: required(CATEGORIES.get(message.category)),
    merchantId: orNull(message.merchantId),
    counterpartyId: orNull(message.counterpartyId),
    obligationId: orNull(message.obligationId),
    reversesTransactionId: orNull(message.reversesTransactionId),
    ownTransfer: message.ownTransfer,
    declares: message.declares.reduce<number>((bits, declaration) => bits | required(DECLARATIONS.get(declaration)), 0),
  };
}

export function toMode(message: Transaction): Mode {
  return required(MODES.get(message.mode));
}

/** The profile that a valid snapshot becomes. */
export function toProfile(message: profileEvents.CustomerProfile): Profile {
  return {
    customerId: message.customerId,
    version: Number(message.version),
    effectiveMs: toMs(required(message.effectiveTime)),
    timeZone: orNull(message.timeZone),
    consents: message.consents.map((consent) => ({
      channel: required(CONTACT_CHANNELS.get(consent.channel)),
      granted: consent.granted,
      recordedMs: toMs(required(consent.recordedTime)),
    })),
    obligations: message.obligations.map(toObligation),
    obligationsDeclared: message.obligationsDeclared,
    salaryDayOfMonth: message.salaryDayOfMonth ?? null,
    standing: required(STANDINGS.get(message.standing)),
    mode: required(PROFILE_MODES.get(message.mode)),
  };
}

function toObligation(message: profileEvents.CustomerProfile_Obligation): Obligation {
  return {
    obligationId: message.obligationId,
    kind: required(OBLIGATION_KINDS.get(message.kind)),
    amountMinor: Number(message.amountMinor),
    firstDueDay: required(dayOf(message.firstDueDate)),
    interval: toInterval(message),
    lastDueDay: message.lastDueDate === '' ? null : required(dayOf(message.lastDueDate)),
  };
}

function toInterval(message: profileEvents.CustomerProfile_Obligation): Obligation['interval'] {
  if (message.intervalMonths !== undefined) return { kind: 'months', months: message.intervalMonths };
  if (message.intervalDays !== undefined) return { kind: 'days', days: message.intervalDays };
  return null;
}

/** Days since the epoch of an ISO 8601 date (YYYY-MM-DD); null where the text is not a date of the calendar. */
export function dayOf(date: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) return null;
  return ms / DAY_MS;
}

/** What a vector message is made from. */
export interface VectorParts {
  readonly customerId: string;
  readonly atMs: number;
  readonly ledgerPosition: number;
  readonly profileVersion: number;
  readonly featureSetVersion: string;
  readonly values: Float64Array;
  readonly eligibility: DomainEligibility;
  readonly mode: Mode;
}

export function toFeatureVector(parts: VectorParts): FeatureVector {
  return create(FeatureVectorSchema, {
    customerId: parts.customerId,
    observationTime: toTimestamp(parts.atMs),
    ledgerPosition: BigInt(parts.ledgerPosition),
    profileVersion: BigInt(parts.profileVersion),
    featureSetVersion: parts.featureSetVersion,
    values: Array.from(parts.values),
    eligibility: ELIGIBILITIES[parts.eligibility],
    mode: parts.mode === 'live' ? VectorMode.LIVE : VectorMode.REPLAY,
  });
}

/** The vector by name: field k of the message is value k of the catalogue; what is unknown is absent. */
export function toFeatures(values: ArrayLike<number>): Features {
  const entries = FeaturesSchema.fields
    .map((field) => [field.localName, values[field.number - 1] ?? Number.NaN] as const)
    .filter(([, value]) => !Number.isNaN(value));
  return create(FeaturesSchema, Object.fromEntries(entries));
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

function required<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new TypeError('a message was converted that had not been validated');
  return value;
}
