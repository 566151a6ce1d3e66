import type { Obligation, Profile } from '../../bank/profile.ts';
import type { LedgerRow } from '../../bank/transaction.ts';
import { DAY_MS, parseDay } from '../../calendar/days.ts';

/** Rows, profiles and obligations for tests: sensible defaults, and only what a test is about is named. */

export const START = parseDay('2024-01-01')!;

export function atNoon(day: number): number {
  return day * DAY_MS + 12 * 3_600_000;
}

/** A card purchase of 10.00 at noon of 2024-01-01 unless changed. */
export function ledgerRow(change: Partial<LedgerRow> & { day?: number } = {}): LedgerRow {
  const { day, ...rest } = change;
  const occurredMs = rest.occurredMs ?? atNoon(day ?? START);
  return {
    transactionId: `${rest.transactionId ?? `t${occurredMs}`}`,
    accountId: 'a',
    occurredMs,
    bookedMs: occurredMs,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor: 1_000,
    balanceAfterMinor: null,
    channel: 'card',
    category: 'groceries',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 63,
    ...rest,
  };
}

export function profileWith(change: Partial<Profile> = {}): Profile {
  return {
    customerId: 'c',
    version: 1,
    effectiveMs: 0,
    timeZone: 'Europe/Prague',
    consents: [],
    obligations: [],
    obligationsDeclared: true,
    salaryDayOfMonth: null,
    standing: 'open',
    mode: 'replay',
    ...change,
  };
}

export function obligationWith(change: Partial<Obligation> = {}): Obligation {
  return {
    obligationId: 'rent',
    kind: 'rent',
    amountMinor: 50_000,
    firstDueDay: START + 4,
    interval: { kind: 'months', months: 1 },
    lastDueDay: null,
    ...change,
  };
}
