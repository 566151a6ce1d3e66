import { describe, expect, test } from 'vitest';
import type { LedgerRow } from '../../bank/transaction.ts';
import { DAY_MS } from '../../calendar/days.ts';
import { START } from '../testing/rows.ts';
import { LOAN_FEATURE_NAMES, LOAN_FEATURES, type LoanFeatureName } from './catalogue.ts';
import { observeLoan } from './vector.ts';

let count = 0;

/** A row with day precision, as the Berka feed gives it; amounts and balances in CZK. */
function row(day: number, amount: number, balance: number, change: Partial<LedgerRow> = {}): LedgerRow {
  count += 1;
  return {
    transactionId: `t${count}`,
    accountId: '1',
    occurredMs: (START + day) * DAY_MS,
    bookedMs: (START + day) * DAY_MS,
    utcOffsetMinutes: 0,
    timePrecision: 'day',
    direction: amount < 0 ? 'debit' : 'credit',
    status: 'settled',
    amountMinor: Math.abs(amount) * 100,
    balanceAfterMinor: balance * 100,
    channel: 'branch',
    category: 'cash',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 56,
    ...change,
  };
}

const BILL = { channel: 'transfer', category: 'rent' } as const;
const ORDER = { channel: 'transfer', category: 'unknown' } as const;

function observe(rows: readonly LedgerRow[], grantDay: number) {
  const observed = observeLoan(rows, 'CZK', START + grantDay);
  if (observed === null) throw new Error('nothing before the grant');
  return {
    ...observed,
    of: (name: LoanFeatureName) => observed.values[LOAN_FEATURE_NAMES.indexOf(name)],
  };
}

/** Opened on day 0 with 1,000; 20,000 in on days 10, 40 and 70; out on days 20, 50 and 80. The grant is on day 90. */
const HISTORY = [
  row(0, 1_000, 1_000),
  row(10, 20_000, 21_000),
  row(20, -6_000, 15_000),
  row(40, 20_000, 35_000),
  row(50, -10_000, 25_000),
  row(70, 26_000, 51_000),
  row(80, -17_000, 34_000),
];

describe('features of a loan decision, worked by hand', () => {
  const observed = observe(HISTORY, 90);

  test('are those of the catalogue, in its order', () => {
    expect(observed.values).toHaveLength(LOAN_FEATURES.length);
    expect(new Set(LOAN_FEATURE_NAMES).size).toBe(LOAN_FEATURES.length);
  });

  test('months are the whole ones of 30 days before the grant: income 21, 20 and 26 thousand', () => {
    expect(observed.of('income_monthly')).toBeCloseTo(67 / 3, 5);
    const spread = Math.sqrt(((21 - 67 / 3) ** 2 + (20 - 67 / 3) ** 2 + (26 - 67 / 3) ** 2) / 3);
    expect(observed.of('income_variability')).toBeCloseTo(spread / (67 / 3), 5);
    expect(observed.of('net_flow_monthly')).toBeCloseTo((15 + 10 + 9) / 3, 5);
  });

  test('a trough is a month’s lowest close; months before the first debit have none', () => {
    // The month of days 0 to 29 begins before the first debit on day 20. Closes: 15 to day 39, 25 after day 50; then 25 to day 69.
    expect(observed.of('trough_mean')).toBeCloseTo((15 + 25) / 2, 5);
  });

  test('the lowest balance of 120 days looks at the opening too, its share of income at 180 days', () => {
    expect(observed.of('lowest_balance_120d')).toBe(1);
    expect(observed.of('lowest_180d_in_income')).toBeCloseTo(1 / (67 / 3), 6);
  });

  test('the 5th percentile is of the closes since the first debit', () => {
    // 70 closes from day 20: 20 of 15, the rest higher. Place 0.05 x 69 = 3.45 lies among the 15s.
    expect(observed.of('balance_p5_90d')).toBe(15);
  });

  test('drain is the mean share of the balance that a debit took', () => {
    expect(observed.of('drain_mean_90d')).toBeCloseTo((6 / 21 + 10 / 35 + 17 / 51) / 3, 6);
  });

  test('counts are per 30 of the observed days', () => {
    expect(observed.of('credits_365d')).toBeCloseTo((4 / 90) * 30, 6);
    expect(observed.of('entries_365d')).toBeCloseTo((7 / 90) * 30, 6);
  });

  test('a day closes at the balance nearest to the previous close + its net, whatever the order of its rows', () => {
    const twice = [row(0, 5_000, 5_000), row(30, -1_000, 3_000), row(30, -1_000, 4_000)];
    expect(observe(twice, 60).of('lowest_balance_120d')).toBe(3);
  });

  test('days below zero count closes, and what is below zero is seen in any balance', () => {
    const overdrawn = observe([row(0, 2_000, 2_000), row(5, -3_000, -1_000), row(8, 4_000, 3_000)], 60);
    expect(overdrawn.of('days_below_zero')).toBe(3);
    expect(overdrawn.neverOverdrawn).toBe(false);
    expect(observed.neverOverdrawn).toBe(true);
  });
});

describe('how bills are paid', () => {
  const opened = row(0, 9_000, 9_000);
  test.each([
    ['by transfer alone', [row(9, -1_000, 8_000, BILL)], { bills_by_transfer: 1, other_orders: 0, bill_habit: 0 }],
    [
      'by transfer beside other transfers',
      [row(9, -1_000, 8_000, BILL), row(10, -3_000, 5_000, ORDER)],
      { bills_by_transfer: 1, other_orders: 1, other_orders_monthly: 1, bill_habit: 1 },
    ],
    ['not from this account', [row(9, -1_000, 8_000)], { bills_by_transfer: 0, bills_in_cash: 0, bill_habit: 2 }],
    ['in cash', [row(9, -1_000, 8_000, { category: 'rent' })], { bills_in_cash: 1, bill_habit: 3 }],
  ])('%s', (_, rows, expected) => {
    const observed = observe([opened, ...rows], 60);
    for (const [name, value] of Object.entries(expected)) expect(observed.of(name as LoanFeatureName)).toBe(value);
  });

  test('income by transfer is told from deposits', () => {
    expect(observe([opened], 60).of('income_by_transfer')).toBe(0);
    expect(observe([opened, row(3, 500, 9_500, ORDER)], 60).of('income_by_transfer')).toBe(1);
  });
});

describe('only transactions strictly before the grant count', () => {
  test('rows of the day of the grant, and of later days, change nothing', () => {
    const later = [row(90, -50_000, -16_000, BILL), row(91, 80_000, 64_000, ORDER)];
    expect(observeLoan([...later, ...HISTORY], 'CZK', START + 90)).toEqual(observeLoan(HISTORY, 'CZK', START + 90));
  });

  test('a row of the day before does', () => {
    const before = observe([...HISTORY, row(89, -50_000, -16_000)], 90);
    expect(before.neverOverdrawn).toBe(false);
  });

  test('nothing before the grant: no vector', () => {
    expect(observeLoan([row(90, 1_000, 1_000)], 'CZK', START + 90)).toBeNull();
  });
});

describe('what is no entry counts for nothing', () => {
  test('failed rows, and reversals with what they undo', () => {
    const undone = row(30, -9_000, 1_000, { transactionId: 'undone' });
    const reversal = row(31, 9_000, 10_000, { reversesTransactionId: 'undone' });
    const failed = row(32, -9_000, -9_000, { status: 'failed' });
    const with_ = [...HISTORY, undone, reversal, failed];
    expect(observeLoan(with_, 'CZK', START + 90)).toEqual(observeLoan(HISTORY, 'CZK', START + 90));
  });
});

describe('what is not known is NaN', () => {
  test('income before a whole month has passed, drain without a debit', () => {
    const young = observe([row(0, 1_000, 1_000)], 20);
    const unknown = LOAN_FEATURE_NAMES.filter((name) => Number.isNaN(young.of(name)));
    expect(unknown).toEqual([
      'lowest_180d_in_income',
      'drain_mean_90d',
      'income_monthly',
      'income_variability',
      'net_flow_monthly',
    ]);
  });

  test('levels where no balance is given', () => {
    const blind = observe([row(0, 1_000, 0, { balanceAfterMinor: null })], 60);
    for (const name of ['trough_mean', 'lowest_balance_120d', 'balance_p5_90d'] as const)
      expect(blind.of(name)).toBeNaN();
  });
});
