import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  type CustomerProfile,
  CustomerProfile_ContactChannel,
  CustomerProfile_Mode,
  CustomerProfile_ObligationKind,
  CustomerProfile_Standing,
  CustomerProfileSchema,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  type Transaction,
  type Transaction_Channel,
  Transaction_Declaration,
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
  TransactionSchema,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import { profileFault, transactionFault } from './validate.ts';

const APPEND_MS = Date.parse('2026-03-02T10:00:00Z');
const seconds = (iso: string): bigint => BigInt(Date.parse(iso) / 1000);

function transaction(): Transaction {
  return create(TransactionSchema, {
    transactionId: 't-1',
    customerId: 'c-1',
    accountId: 'a-1',
    occurredTime: { seconds: seconds('2026-03-02T09:30:00Z'), nanos: 0 },
    timePrecision: Transaction_TimePrecision.SECOND,
    direction: Transaction_Direction.DEBIT,
    amountMinor: 100n,
    currency: 'CZK',
    status: Transaction_Status.SETTLED,
    mode: Transaction_Mode.LIVE,
  });
}

/** The fault of a valid transaction after one change. */
function faultAfter(change: (message: Transaction) => void): string | null {
  const message = transaction();
  change(message);
  return transactionFault(message, APPEND_MS);
}

describe('a transaction within every bound', () => {
  it.each<[string, (message: Transaction) => void]>([
    ['with only what may never be absent', () => undefined],
    ['with the longest ids', (m) => Object.assign(m, { transactionId: '~'.repeat(128), customerId: 'z'.repeat(64) })],
    ['of 1990-01-01', (m) => Object.assign(m, { occurredTime: at('1990-01-01T00:00:00Z') })],
    ['a day ahead of its append time', (m) => Object.assign(m, { occurredTime: at('2026-03-03T10:00:00Z') })],
    ['replayed from far ahead', (m) => Object.assign(m, { ...replay, occurredTime: at('2199-12-31T23:59:59Z') })],
    [
      'of the largest amount and balance',
      (m) => Object.assign(m, { amountMinor: 10n ** 13n, balanceAfterMinor: -(10n ** 13n) }),
    ],
    [
      'of precision DAY at local midnight',
      (m) => Object.assign(m, { ...day, utcOffsetMinutes: 60, occurredTime: at('2026-03-01T23:00:00Z') }),
    ],
    ['with 128 characters outside the basic plane', (m) => Object.assign(m, { merchantId: '😀'.repeat(128) })],
    ['with every declaration, one twice', (m) => Object.assign(m, { declares: [1, 2, 3, 4, 5, 6, 6] })],
  ])('%s has no fault', (_, change) => {
    expect(faultAfter(change)).toBeNull();
  });
});

describe('a transaction out of a bound is refused by field and bound, without its value', () => {
  const bad: [string, Partial<Transaction>][] = [
    ['transaction_id must be 1-128', { transactionId: '' }],
    ['transaction_id must be 1-128', { transactionId: 't'.repeat(129) }],
    ['transaction_id must be 1-128', { transactionId: 'with blank' }],
    ['transaction_id must be 1-128', { transactionId: 'nul\u0000' }],
    ['transaction_id must be 1-128', { transactionId: 'ümlaut' }],
    ['customer_id must be 1-64', { customerId: '' }],
    ['customer_id must be 1-64', { customerId: 'c'.repeat(65) }],
    ['customer_id must be 1-64', { customerId: 'c/1' }],
    ['customer_id must be 1-64', { customerId: 'c-1\n' }],
    ['account_id must be 1-64', { accountId: '' }],
    ['account_id must be 1-64', { accountId: 'a 1' }],
    ['occurred_time must be from 1990-01-01', { occurredTime: undefined }],
    ['occurred_time must be from 1990-01-01', { occurredTime: at('1989-12-31T23:59:59Z') }],
    ['occurred_time must be from 1990-01-01', { occurredTime: at('2200-01-01T00:00:00Z') }],
    [
      'occurred_time must be from 1990-01-01',
      { occurredTime: { ...at('2026-03-02T09:30:00Z'), nanos: 1_000_000_000 } },
    ],
    ['occurred_time must be from 1990-01-01', { occurredTime: { ...at('2026-03-02T09:30:00Z'), nanos: -1 } }],
    ['occurred_time of a LIVE record', { occurredTime: at('2026-03-03T10:00:01Z') }],
    [
      'occurred_time of precision DAY',
      { ...({ timePrecision: 1 } as const), occurredTime: at('2026-03-02T00:00:01Z') },
    ],
    ['time_precision must be', { timePrecision: 0 }],
    ['time_precision must be', { timePrecision: 3 as Transaction_TimePrecision }],
    ['utc_offset_minutes must be', { utcOffsetMinutes: 841 }],
    ['utc_offset_minutes must be', { utcOffsetMinutes: -841 }],
    ['booking_time must be', { bookingTime: at('1989-12-31T23:59:59Z') }],
    ['direction must be', { direction: 0 }],
    ['direction must be', { direction: 9 as Transaction_Direction }],
    ['amount_minor must be 1 to 10^13', { amountMinor: 0n }],
    ['amount_minor must be 1 to 10^13', { amountMinor: -5n }],
    ['amount_minor must be 1 to 10^13', { amountMinor: 10n ** 13n + 1n }],
    ['currency must be', { currency: 'czk' }],
    ['currency must be', { currency: 'EURO' }],
    ['currency must be', { currency: '' }],
    ['status must be', { status: 0 }],
    ['reverses_transaction_id must be 1-128', { reversesTransactionId: 'a b' }],
    ['reverses_transaction_id must not be', { reversesTransactionId: 't-1' }],
    ['channel is not one', { channel: 99 as Transaction_Channel }],
    ['category is not one', { category: -1 as Transaction['category'] }],
    ['merchant_id must be at most 128', { merchantId: 'm'.repeat(129) }],
    ['merchant_id must be at most 128', { merchantId: 'bell\u0007' }],
    ['counterparty_id must be at most 128', { counterpartyId: '\u0000' }],
    ['obligation_id must be at most 128', { obligationId: 'o'.repeat(129) }],
    ['balance_after_minor must be', { balanceAfterMinor: 10n ** 13n + 1n }],
    ['balance_after_minor must be', { balanceAfterMinor: -(10n ** 13n) - 1n }],
    ['declares must hold only', { declares: [Transaction_Declaration.UNSPECIFIED] }],
    ['declares must hold only', { declares: [7 as Transaction_Declaration] }],
    ['mode must be', { mode: 0 }],
    ['mode must be', { mode: 3 as Transaction_Mode }],
  ];
  it.each(bad)('%s', (detail, fields) => {
    expect(faultAfter((message) => Object.assign(message, fields))).toMatch(detail);
  });
});

describe('a profile', () => {
  it('within every bound has no fault', () => {
    expect(profileFault(profile())).toBeNull();
  });

  it.each<[string, (message: CustomerProfile) => void]>([
    ['customer_id must be', (m) => Object.assign(m, { customerId: 'c 1' })],
    ['version must be', (m) => Object.assign(m, { version: 0n })],
    ['version must be', (m) => Object.assign(m, { version: 2n ** 53n })],
    ['effective_time must be', (m) => Object.assign(m, { effectiveTime: undefined })],
    ['time_zone must be', (m) => Object.assign(m, { timeZone: 'x'.repeat(129) })],
    ['salary_day_of_month must be', (m) => Object.assign(m, { salaryDayOfMonth: 32 })],
    ['standing must be', (m) => Object.assign(m, { standing: 0 })],
    ['mode must be', (m) => Object.assign(m, { mode: 0 })],
    ['consents.channel must be', (m) => Object.assign(m.consents[0]!, { channel: 0 })],
    ['consents.recorded_time must be', (m) => Object.assign(m.consents[0]!, { recordedTime: undefined })],
    ['obligations must have an obligation_id each', (m) => m.obligations.push(m.obligations[0]!)],
    ['obligations.obligation_id must be', (m) => Object.assign(m.obligations[0]!, { obligationId: '' })],
    ['obligations.kind is not one', (m) => Object.assign(m.obligations[0]!, { kind: 0 })],
    ['obligations.amount_minor must be', (m) => Object.assign(m.obligations[0]!, { amountMinor: 0n })],
    ['obligations.first_due_date must be', (m) => Object.assign(m.obligations[0]!, { firstDueDate: '2026-02-30' })],
    ['obligations.first_due_date must be', (m) => Object.assign(m.obligations[0]!, { firstDueDate: '1.2.2026' })],
    ['obligations.interval_months must be', (m) => Object.assign(m.obligations[0]!, { intervalMonths: 13 })],
    ['interval_days must be 1 to 366', (m) => Object.assign(m.obligations[0]!, { intervalDays: 0 })],
    ['exclude each other', (m) => Object.assign(m.obligations[0]!, { intervalDays: 7 })],
    ['last_due_date must be a date', (m) => Object.assign(m.obligations[0]!, { lastDueDate: 'never' })],
    ['last_due_date must not be before', (m) => Object.assign(m.obligations[0]!, { lastDueDate: '2026-01-31' })],
  ])('out of a bound is refused: %s', (detail, change) => {
    const message = profile();
    change(message);
    expect(profileFault(message)).toMatch(detail);
  });
});

const replay = { mode: Transaction_Mode.REPLAY };
const day = { timePrecision: Transaction_TimePrecision.DAY };

function at(iso: string): NonNullable<Transaction['occurredTime']> {
  return { $typeName: 'google.protobuf.Timestamp', seconds: seconds(iso), nanos: 0 };
}

function profile(): CustomerProfile {
  return create(CustomerProfileSchema, {
    customerId: 'c-1',
    version: 1n,
    effectiveTime: at('2026-01-01T00:00:00Z'),
    timeZone: 'Europe/Prague',
    standing: CustomerProfile_Standing.OPEN,
    mode: CustomerProfile_Mode.LIVE,
    consents: [
      { channel: CustomerProfile_ContactChannel.SMS, granted: true, recordedTime: at('2025-01-01T00:00:00Z') },
    ],
    obligations: [
      {
        obligationId: 'rent',
        kind: CustomerProfile_ObligationKind.RENT,
        amountMinor: 1_000_000n,
        firstDueDate: '2026-02-01',
        intervalMonths: 1,
      },
    ],
  });
}
