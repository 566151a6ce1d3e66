import { expect, test } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { DAY_MS } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { CATALOGUE, COMPOSED_COUNT, featureIndex } from './catalogue.ts';
import { ago, D, featureOf, longAgo } from './testing/examples.ts';
import { ledgerRow, obligationWith, profileWith } from './testing/rows.ts';

// The money unit of EUR is 200.00.

const credit = (days: number, amountMinor: number, change: Partial<LedgerRow> = {}) =>
  ago(days, { direction: 'credit', amountMinor, category: 'other', channel: 'unknown', ...change });

/** Closes at 600.00 from 100 days ago, at 200.00 from 60, at -100.00 from 50, at 400.00 from 3; outflow 900.00 in 90 days. */
const levels = [
  credit(100, 1, { balanceAfterMinor: 60_000 }),
  ago(60, { amountMinor: 40_000, balanceAfterMinor: 20_000 }),
  ago(50, { amountMinor: 50_000, balanceAfterMinor: -10_000 }),
  credit(3, 1, { balanceAfterMinor: 40_000 }),
];

test('balance_now: 400.00 are 2 money units', () => {
  expect(featureOf('balance_now', levels)).toBe(2);
});

test('mean_balance_90d: 29 days at 600, 10 at 200, 47 at -100, 4 at 400', () => {
  // (29 * 600 + 10 * 200 - 47 * 100 + 4 * 400) / 90 = 16,300 / 90 = 181.11; in units of 200: 0.90556.
  expect(featureOf('mean_balance_90d', levels)).toBeCloseTo(0.905556, 5);
});

test('lowest_balance_30d, _90d and _history: -100.00 are -0.5 money units; the history begins with the first debit', () => {
  expect(featureOf('lowest_balance_30d', levels)).toBe(-0.5);
  expect(featureOf('lowest_balance_90d', levels)).toBe(-0.5);
  expect(featureOf('lowest_balance_history', levels)).toBe(-0.5);
  const before = [credit(300, 1, { balanceAfterMinor: -90_000 }), credit(250, 1, { balanceAfterMinor: 20_000 })];
  const after = [...before, ago(200, { balanceAfterMinor: 10_000 }), credit(100, 1, { balanceAfterMinor: 60_000 })];
  expect(featureOf('lowest_balance_history', before)).toBeNaN();
  expect(featureOf('lowest_balance_history', after)).toBe(0.5);
  expect(featureOf('lowest_balance_90d', after)).toBe(3);
});

test('levels in days of outflow: 10.00 a day; 400.00 now, -100.00 at the lowest', () => {
  expect(featureOf('balance_in_outflow_days', levels)).toBe(40);
  expect(featureOf('lowest_90d_in_outflow_days', levels)).toBe(-10);
  expect(featureOf('lowest_history_in_outflow_days', levels)).toBe(-10);
});

test('negative_balance_days_90d: 47 days closed at -100.00', () => {
  expect(featureOf('negative_balance_days_90d', levels)).toBe(47);
});

test('overdraft_charge_count_90d: two of three lie in the last 90 dates', () => {
  const charge = (days: number) => ago(days, { category: 'overdraft_charge' });
  expect(featureOf('overdraft_charge_count_90d', [charge(90), charge(89), charge(0)])).toBe(2);
});

test('levels are unknown without balances, in a currency without a money unit, and where one account is unknown', () => {
  const unknown = [longAgo(), ago(80), ago(2)];
  const names = [
    'balance_now',
    'mean_balance_90d',
    'lowest_balance_30d',
    'lowest_balance_90d',
    'lowest_balance_history',
  ];
  const ratios = [
    'balance_in_outflow_days',
    'lowest_90d_in_outflow_days',
    'lowest_history_in_outflow_days',
    'negative_balance_days_90d',
  ];
  for (const name of [...names, ...ratios]) expect(featureOf(name, unknown), name).toBeNaN();
  for (const name of names) expect(featureOf(name, levels, null, 'XAU'), name).toBeNaN();
  expect(featureOf('balance_now', [...levels, ago(1, { accountId: 'b' })])).toBeNaN();
});

test('the balance is the sum over accounts; a transfer between them moves both and is no flow', () => {
  const moved = { ownTransfer: true, amountMinor: 10_000 };
  const rows = [
    credit(20, 1, { balanceAfterMinor: 40_000 }),
    credit(20, 1, { accountId: 'b', balanceAfterMinor: 20_000 }),
    ago(5, moved),
    credit(5, 10_000, { ...moved, accountId: 'b' }),
  ];
  expect(featureOf('balance_now', rows)).toBe(3);
  expect(featureOf('inflow_outflow_ratio_90d', rows)).toBeNaN();
});

test('a close is the balance nearest to the close before + net, whatever the order of the rows; ties: the later known', () => {
  // 500.00 before; out 100.00, in 300.00: closes at 700.00 (booked in, out: 800, 700), though the row of 800 is known last.
  const rows = [
    credit(5, 1, { balanceAfterMinor: 50_000 }),
    ago(1, { amountMinor: 10_000, balanceAfterMinor: 70_000, timePrecision: 'day' }),
    credit(1, 30_000, { balanceAfterMinor: 80_000, timePrecision: 'day' }),
  ];
  expect(featureOf('balance_now', rows)).toBe(3.5);
  // 400.00 and 600.00 are equally near to 500.00 + 0.00.
  const tie = [
    credit(5, 1, { balanceAfterMinor: 50_000 }),
    credit(1, 10, { balanceAfterMinor: 40_000 }),
    ago(1, { amountMinor: 10, balanceAfterMinor: 60_000 }),
  ];
  expect(featureOf('balance_now', tie)).toBe(3);
});

test('without balances the last known one runs on with the net', () => {
  expect(featureOf('balance_now', [credit(5, 1, { balanceAfterMinor: 50_000 }), ago(1, { amountMinor: 10_000 })])).toBe(
    2,
  );
});

test('obligation_cover_30d: 400.00 + a salary of 2,000.00 over 1,200.00 due in the next 30 days', () => {
  const pay = (days: number, change: Partial<LedgerRow> = {}) =>
    credit(days, 200_000, { counterpartyId: 'employer', ...change });
  const rows = [longAgo(), pay(70), pay(40), pay(10, { balanceAfterMinor: 40_000 })];
  const rent = obligationWith({ amountMinor: 120_000, firstDueDay: D + 5, interval: null });
  const later = obligationWith({ obligationId: 'later', firstDueDay: D + 31, interval: null });
  const profile = profileWith({ obligations: [rent, later] });
  expect(featureOf('obligation_cover_30d', rows, profile)).toBe(2);
  expect(featureOf('obligation_cover_30d', rows)).toBeNaN();
  expect(featureOf('obligation_cover_30d', rows.slice(0, 3), profile)).toBeNaN();
  expect(featureOf('obligation_cover_30d', rows, profileWith({ obligations: [later] }))).toBeNaN();
});

test('inflow_outflow_ratio_90d: 300.00 in, 200.00 out', () => {
  expect(featureOf('inflow_outflow_ratio_90d', [longAgo(), credit(50, 30_000), ago(3, { amountMinor: 20_000 })])).toBe(
    1.5,
  );
  expect(featureOf('inflow_outflow_ratio_90d', [longAgo(), credit(50, 30_000)])).toBeNaN();
});

// D is 29 April. Whole months since the first entry on 30 January (90 days ago): February and March.
const income = [ago(90), credit(60, 300_000), credit(40, 100_000), credit(2, 999_999)];

test('income_level: 3,000.00 in February, 1,000.00 in March: mean 2,000.00, 10 money units', () => {
  expect(featureOf('income_level', income)).toBe(1);
});

test('income_variability: a standard deviation of 1,000.00 on a mean of 2,000.00', () => {
  expect(featureOf('income_variability', income)).toBe(0.5);
});

test('income is unknown without a whole month or without a credit in one', () => {
  for (const name of ['income_level', 'income_variability', 'drain_mean']) {
    expect(
      featureOf(name, [credit(59, 100_000), ago(2, { amountMinor: 50_000, balanceAfterMinor: 1 })]),
      name,
    ).not.toBeNaN();
    expect(featureOf(name, [credit(28, 100_000), ago(2, { balanceAfterMinor: 1 })]), name).toBeNaN();
    expect(featureOf(name, [ago(90), credit(2, 100_000)]), name).toBeNaN();
  }
});

test('drain_mean: income 2,000.00, so debits above 40.00: 100 of 400 and 100 of 200', () => {
  const rows = [
    ...income,
    ago(5, { amountMinor: 10_000, balanceAfterMinor: 30_000 }),
    ago(4, { amountMinor: 4_000, balanceAfterMinor: 1 }),
    ago(3, { amountMinor: 10_000, balanceAfterMinor: 10_000 }),
    ago(2, { amountMinor: 10_000 }),
  ];
  expect(featureOf('drain_mean', rows)).toBe(0.375);
});

test('drain_mean: a debit from nothing takes all', () => {
  expect(featureOf('drain_mean', [...income, ago(5, { amountMinor: 10_000, balanceAfterMinor: -20_000 })])).toBe(1);
});

test('salary_cycle_known is 1 with a salary day in the profile', () => {
  expect(featureOf('salary_cycle_known', [longAgo()])).toBe(0);
  expect(featureOf('salary_cycle_known', [longAgo()], profileWith({ salaryDayOfMonth: 1 }))).toBe(1);
});

test('history_days counts from the first entry, up to 730', () => {
  expect(featureOf('history_days', [ago(50, { status: 'failed' }), ago(12)])).toBe(12);
  expect(featureOf('history_days', [ago(1_000)])).toBe(730);
});

test('a customer without an entry has an unknown vector, but for what is measured to be zero or one', () => {
  const { values, featuresKnown } = observeAsOf('EUR', [ago(3, { status: 'failed' })], null, (D + 1) * DAY_MS - 1)!;
  const known = CATALOGUE.filter((_, i) => !Number.isNaN(values[i]!)).map((feature) => feature.name);
  expect(known).toEqual(['failed_debit_count_30d', 'anomaly_count_30d', 'overdraft_charge_count_90d']);
  expect(featuresKnown).toBe(3);
});

test('no row at or before t: no observation', () => {
  expect(observeAsOf('EUR', [ago(3)], null, (D - 10) * DAY_MS)).toBeNull();
  expect(observeAsOf('EUR', [], null, 0)).toBeNull();
});

const busy: LedgerRow[] = Array.from({ length: 120 }, (_, i) =>
  ago(119 - i, { amountMinor: 1_000 + i * 40, balanceAfterMinor: 500_000 - i * 5_000, merchantId: `m${i % 9}` }),
);

test('stress_composite: the weighted mean of min(value / alarm, 1) over the features known', () => {
  const { values } = observeAsOf('EUR', busy, null, (D + 1) * DAY_MS - 1)!;
  let weighted = 0;
  let known = 0;
  CATALOGUE.slice(0, COMPOSED_COUNT).forEach((feature, i) => {
    if (Number.isNaN(values[i]!) || feature.alarm === null) return;
    known += feature.weight;
    weighted += feature.weight * Math.min(1, Math.max(0, values[i]! / feature.alarm));
  });
  expect(values[featureIndex('stress_composite')]).toBeCloseTo(weighted / known, 6);
});

test('stress_composite is unknown while less than half of the weight is known', () => {
  expect(featureOf('stress_composite', [ago(3), ago(2)])).toBeNaN();
});

test('stress_velocity_7d: the composite now less that of 7 days before, from the same rows', () => {
  const at = (days: number) =>
    observeAsOf('EUR', busy, null, (D + 1 - days) * DAY_MS - 1)!.values[featureIndex('stress_composite')]!;
  expect(featureOf('stress_velocity_7d', busy)).toBe(Math.fround(at(0) - at(7)));
  expect(featureOf('stress_velocity_7d', busy.slice(115))).toBeNaN();
});

test('anomaly_count_30d: two refused debits and 28 days without an entry are two of the 27', () => {
  const rows = [ledgerRow({ day: D - 29 }), ago(4, { status: 'failed' }), ago(3, { status: 'failed' }), ago(0)];
  expect(featureOf('failed_debit_count_30d', rows)).toBe(2);
  expect(featureOf('inactive_days_30d', rows)).toBe(28);
  expect(featureOf('anomaly_count_30d', rows)).toBe(2);
});

test('a reversal takes itself and its original out of every flow from when it is known, before or after the original', () => {
  const original = ago(10, { transactionId: 'x', amountMinor: 50_000 });
  const reversal = credit(5, 50_000, { transactionId: 'r', reversesTransactionId: 'x' });
  const rows = [longAgo(), ago(20, { amountMinor: 30_000 }), credit(15, 60_000)];
  expect(featureOf('inflow_outflow_ratio_90d', [...rows, original])).toBe(0.75);
  expect(featureOf('inflow_outflow_ratio_90d', [...rows, original, reversal])).toBe(2);
  expect(featureOf('inflow_outflow_ratio_90d', [...rows, reversal])).toBe(2);
  expect(featureOf('inflow_outflow_ratio_90d', [...rows, reversal, original])).toBe(2);
});

test('sentences of every feature are whole for ordinary and extreme values', () => {
  for (const feature of CATALOGUE) {
    for (const value of [feature.min ?? -3.5, feature.max ?? 12.25, 0, 1]) {
      expect(feature.officer(value)).not.toMatch(/NaN|undefined|Infinity|--/);
      expect(feature.customer(value)).toMatch(/^[A-Z][^.]+$/);
    }
  }
});
