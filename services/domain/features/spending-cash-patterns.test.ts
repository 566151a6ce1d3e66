import { expect, test } from 'vitest';
import type { Category, LedgerRow } from '../bank/transaction.ts';
import { Declares } from '../bank/transaction.ts';
import { ago, D, featureOf, longAgo } from './testing/examples.ts';

const spend = (days: number, amountMinor: number, category: Category, change: Partial<LedgerRow> = {}) =>
  ago(days, { amountMinor, category, ...change });

// Where a rate is compared: 60 days of B, 30 of R, 7 of the last week are all observed.

test('discretionary_spend_drop_7d_pct: 10.00 a day in B, 4.00 a day in the last week', () => {
  const rows = [longAgo(), spend(60, 60_000, 'dining'), spend(20, 99_900, 'travel'), spend(3, 2_800, 'shopping')];
  expect(featureOf('discretionary_spend_drop_7d_pct', rows)).toBe(60);
});

test('discretionary_spend_drop_30d_pct: 10.00 a day in B, 12.00 a day in R is a drop of -20 %', () => {
  const rows = [
    longAgo(),
    spend(60, 60_000, 'gambling'),
    spend(29, 36_000, 'entertainment'),
    spend(5, 7_000, 'groceries'),
  ];
  expect(featureOf('discretionary_spend_drop_30d_pct', rows)).toBeCloseTo(-20, 5);
});

test('essential_spend_rise_30d_pct: 10.00 a day in B, 15.00 a day in R; dining is not essential', () => {
  const rows = [
    longAgo(),
    spend(80, 30_000, 'rent'),
    spend(31, 30_000, 'health'),
    spend(30, 5_000, 'dining'),
    spend(29, 45_000, 'groceries'),
    spend(0, 5_000, 'dining'),
  ];
  expect(featureOf('essential_spend_rise_30d_pct', rows)).toBe(50);
});

test('essential_spend_rise_30d_pct: from nothing to something is 500, from nothing to nothing unknown', () => {
  expect(featureOf('essential_spend_rise_30d_pct', [longAgo(), spend(1, 100, 'rent')])).toBe(500);
  expect(featureOf('essential_spend_rise_30d_pct', [longAgo()])).toBeNaN();
});

test('total_spend_change_30d_pct: 20.00 a day in B, 10.00 a day in R; own transfers and failures are no outflow', () => {
  const rows = [
    longAgo(),
    spend(45, 120_000, 'other'),
    spend(10, 30_000, 'other'),
    spend(9, 50_000, 'other', { ownTransfer: true }),
    spend(8, 50_000, 'other', { status: 'failed' }),
  ];
  expect(featureOf('total_spend_change_30d_pct', rows)).toBe(-50);
});

test('merchant_diversity_drop_30d_pct: 1 merchant in R, 2 and 4 in the halves of B: 1 against 3', () => {
  const at = (days: number, merchantId: string) => spend(days, 100, 'shopping', { merchantId });
  const far = ['a', 'b', 'a'].map((merchant) => at(89, merchant));
  const near = ['a', 'b', 'c', 'd'].map((merchant) => at(59, merchant));
  const value = featureOf('merchant_diversity_drop_30d_pct', [longAgo(), ...far, ...near, at(29, 'a'), at(0, 'a')]);
  expect(value).toBeCloseTo(66.6667, 3);
});

test('average_transaction_change_30d_pct: mean debit 20.00 in B, 50.00 in R', () => {
  const rows = [longAgo(), spend(70, 1_000, 'other'), spend(60, 3_000, 'other'), spend(20, 5_000, 'other')];
  expect(featureOf('average_transaction_change_30d_pct', rows)).toBe(150);
});

test('weekend_spend_drop_30d_pct: D is a Monday; 17 weekend days in B at 1.00 each, 9 in R at 0.50', () => {
  // R runs from Sunday 31 March: 31, 6, 7, 13, 14, 20, 21, 27, 28. B from Wednesday 31 January to Saturday 30 March: 17.
  const saturday = 30; // 30 March
  const sunday = 29; // 31 March
  const rows = [longAgo(), spend(saturday, 1_700, 'dining'), spend(sunday, 450, 'dining'), spend(0, 9_999, 'dining')];
  expect(featureOf('weekend_spend_drop_30d_pct', rows)).toBe(50);
});

test('rates are unknown with fewer than 14 observed days of baseline, merchants with fewer than 60', () => {
  const young = (days: number) => [
    ago(days, { merchantId: 'm' }),
    ago(30, { merchantId: 'm' }),
    ago(1, { merchantId: 'm' }),
  ];
  for (const name of [
    'discretionary_spend_drop_7d_pct',
    'discretionary_spend_drop_30d_pct',
    'essential_spend_rise_30d_pct',
    'total_spend_change_30d_pct',
    'average_transaction_change_30d_pct',
    'weekend_spend_drop_30d_pct',
    'bill_payment_count_drop_30d',
    'cash_withdrawal_frequency_rise_30d',
    'cash_withdrawal_size_rise_30d_pct',
    'transaction_frequency_drop_30d_pct',
    'days_below_usual_minimum_30d',
  ]) {
    expect(featureOf(name, young(42)), name).toBeNaN();
  }
  expect(featureOf('total_spend_change_30d_pct', young(43))).not.toBeNaN();
  expect(featureOf('merchant_diversity_drop_30d_pct', young(88))).toBeNaN();
  expect(featureOf('merchant_diversity_drop_30d_pct', young(89))).not.toBeNaN();
});

test('observed days count: a baseline of 20 observed days is a rate over 20 days', () => {
  // First entry 49 days ago, so B is observed on days 49...30: 20 days, 20.00 spent, 1.00 a day; R 60.00 in 30 days: 2.00.
  const rows = [spend(49, 2_000, 'other'), spend(3, 6_000, 'other')];
  expect(featureOf('total_spend_change_30d_pct', rows)).toBe(100);
});

const withdraw = (days: number, amountMinor: number, channel: 'atm' | 'branch' = 'atm') =>
  ago(days, { amountMinor, channel, category: 'cash' });

test('cash_withdrawal_frequency_rise_30d: 4 in the 60 days of B (2 in 30), 5 in R', () => {
  const usual = [89, 60, 45, 30].map((days) => withdraw(days, 100));
  const recent = [29, 20, 10, 1, 0].map((days) => withdraw(days, 100, 'branch'));
  expect(featureOf('cash_withdrawal_frequency_rise_30d', [longAgo(), ...usual, ...recent])).toBe(3);
});

test('cash_withdrawal_size_rise_30d_pct: mean 100.00 in B, 250.00 in R', () => {
  const rows = [longAgo(), withdraw(50, 5_000), withdraw(40, 15_000), withdraw(4, 25_000)];
  expect(featureOf('cash_withdrawal_size_rise_30d_pct', rows)).toBe(150);
});

test('cash_share_30d: 30.00 of 120.00 flow out as cash', () => {
  expect(featureOf('cash_share_30d', [longAgo(), withdraw(4, 3_000), ago(3, { amountMinor: 9_000 })])).toBe(0.25);
});

test('transaction_frequency_drop_30d_pct: 12 entries in 60 days of B, 3 in 30 of R; a credit is an entry, a failure is none', () => {
  const usual = Array.from({ length: 12 }, (_, i) => ago(35 + i));
  const recent = [ago(9), ago(8), ago(7, { direction: 'credit' }), ago(6, { status: 'failed' })];
  expect(featureOf('transaction_frequency_drop_30d_pct', [longAgo(), ...usual, ...recent])).toBe(50);
});

test('inactive_days_30d: entries on 2 of 30 days, and only observed days count', () => {
  expect(featureOf('inactive_days_30d', [longAgo(), ago(9), ago(9), ago(2)])).toBe(28);
  expect(featureOf('inactive_days_30d', [ago(9), ago(2)])).toBe(8);
});

test('time_of_day_consistency_30d: always the same hour is 1, opposite hours are 0', () => {
  const atHour = (days: number, hour: number) => ago(days, { occurredMs: (D - days) * 86_400_000 + hour * 3_600_000 });
  expect(featureOf('time_of_day_consistency_30d', [longAgo(), atHour(3, 9), atHour(2, 9)])).toBe(1);
  expect(featureOf('time_of_day_consistency_30d', [longAgo(), atHour(3, 9), atHour(2, 21)])).toBeCloseTo(0, 6);
});

test('time_of_day_consistency_30d: the local hour counts', () => {
  const rows = [
    ago(3, { occurredMs: (D - 3) * 86_400_000 + 9 * 3_600_000 }),
    ago(2, { occurredMs: (D - 2) * 86_400_000 + 7 * 3_600_000, utcOffsetMinutes: 120 }),
  ];
  expect(featureOf('time_of_day_consistency_30d', rows)).toBe(1);
});

test.each([
  ['discretionary_spend_drop_7d_pct', Declares.spendingCategory],
  ['discretionary_spend_drop_30d_pct', Declares.spendingCategory],
  ['essential_spend_rise_30d_pct', Declares.spendingCategory],
  ['merchant_diversity_drop_30d_pct', Declares.merchant],
  ['bill_payment_count_drop_30d', Declares.billCategory],
  ['failed_debit_count_30d', Declares.failures],
  ['cash_withdrawal_frequency_rise_30d', Declares.channel],
  ['cash_withdrawal_size_rise_30d_pct', Declares.channel],
  ['cash_share_30d', Declares.channel],
  ['overdraft_charge_count_90d', Declares.overdraftCharges],
] as const)('%s is unknown, not 0, once a row of the last 90 dates does not declare it', (name, capability) => {
  const rows = [
    longAgo(),
    spend(60, 100, 'dining', { merchantId: 'm' }),
    spend(50, 100, 'rent', { channel: 'atm' }),
    withdraw(3, 100),
  ];
  expect(featureOf(name, rows)).not.toBeNaN();
  const undeclared = ago(2, { declares: 63 & ~capability, status: 'failed' });
  expect(featureOf(name, [...rows, undeclared])).toBeNaN();
});

test('time_of_day_consistency_30d is unknown where only dates are told', () => {
  expect(featureOf('time_of_day_consistency_30d', [longAgo(), ago(2, { timePrecision: 'day' })])).toBeNaN();
});

test('with no row in the last 90 dates the latest row says what the feed declares', () => {
  expect(featureOf('failed_debit_count_30d', [ago(200, { declares: 0 }), ago(150, { declares: 1 })])).toBe(0);
  expect(featureOf('failed_debit_count_30d', [ago(200, { declares: 1 }), ago(150, { declares: 0 })])).toBeNaN();
});
