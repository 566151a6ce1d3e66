import { expect, test } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { ago, featureOf, longAgo } from './testing/examples.ts';
import { profileWith } from './testing/rows.ts';

/** A salary `days` before D; outflow is a cent a year ago, so that every credit is large. */
const pay = (days: number, amountMinor = 200_000, counterpartyId: string | null = 'employer'): LedgerRow =>
  ago(days, { direction: 'credit', category: 'salary', channel: 'transfer', amountMinor, counterpartyId });

const monthly = [longAgo(), pay(130), pay(100), pay(70), pay(40)];

test('salary_delay_days: paid every 30 days, last 40 days ago, so due 10 days ago', () => {
  expect(featureOf('salary_delay_days', monthly)).toBe(10);
});

test('salary_delay_days: the last salary came 5 days late (35 days after the one before, gap 30)', () => {
  // Gaps 30, 30, 35: median 30. Latest expected date at or before it: 45 days ago; it came 40 days ago; the next is in the past
  // only after 30 days, so move all by 20: last 20 days ago.
  expect(featureOf('salary_delay_days', [longAgo(), pay(115), pay(85), pay(55), pay(20)])).toBe(5);
});

test('salary_delay_days: stays 90 when pay has stopped for longer, and needs no later row', () => {
  expect(featureOf('salary_delay_days', [longAgo(), pay(290), pay(260), pay(230)])).toBe(90);
});

test('salary_delay_days: a weekly earner is late after 7 days', () => {
  expect(featureOf('salary_delay_days', [longAgo(), pay(30), pay(23), pay(16), pay(9)])).toBe(2);
});

test('salary_delay_days: fortnightly, on time', () => {
  expect(featureOf('salary_delay_days', [longAgo(), pay(48), pay(34), pay(20), pay(6)])).toBe(0);
});

test('salary_delay_days: the profile names the 15th, the last large credit came on 13 March: the 15th of April was 14 days ago', () => {
  expect(featureOf('salary_delay_days', [longAgo(), pay(47)], profileWith({ salaryDayOfMonth: 15 }))).toBe(14);
});

test('salary features are unknown where no cycle was found: two credits, unequal credits, irregular gaps', () => {
  for (const rows of [
    [longAgo(), pay(60), pay(30)],
    [longAgo(), pay(90), pay(60, 300_000), pay(30)],
    [longAgo(), pay(90), pay(72), pay(54)],
    [longAgo(), pay(90, 200_000, 'p1'), pay(60, 200_000, 'p2'), pay(30, 200_000, 'p3')],
  ]) {
    expect(featureOf('salary_delay_days', rows)).toBeNaN();
    expect(featureOf('salary_amount_drop_pct', rows)).toBeNaN();
    expect(featureOf('salary_missed_cycles_90d', rows)).toBeNaN();
    expect(featureOf('salary_cycle_known', rows)).toBe(0);
  }
});

test('credits under 10 % of monthly outflow are no salary', () => {
  // 90 debits of 100.00 in 90 days: monthly outflow 3,000.00; credits of 299.00 are under a tenth of it, 300.00 is not.
  const spending = Array.from({ length: 150 }, (_, i) => ago(150 - i, { amountMinor: 10_000 }));
  const credits = (amountMinor: number) => [pay(61, amountMinor), pay(31, amountMinor), pay(1, amountMinor)];
  const inOrder = (rows: LedgerRow[]) => rows.sort((a, b) => a.occurredMs - b.occurredMs);
  expect(featureOf('salary_cycle_known', inOrder([...spending, ...credits(29_900)]))).toBe(0);
  expect(featureOf('salary_cycle_known', inOrder([...spending, ...credits(30_000)]))).toBe(1);
});

test('of one channel where no payer is told', () => {
  expect(
    featureOf('salary_cycle_known', [longAgo(), pay(90, 1_000, null), pay(60, 1_000, null), pay(30, 1_000, null)]),
  ).toBe(1);
});

test('salary_amount_drop_pct: 1,500.00 after a median of 2,000.00 is a drop of 25 %', () => {
  expect(featureOf('salary_amount_drop_pct', [...monthly, pay(10, 150_000)])).toBe(25);
});

test('salary_missed_cycles_90d: due 100 + 30 k days ago, missing at 70 and 40 days ago', () => {
  // Salaries 190, 160, 130 and 10 days ago. Expected 100, 70, 40 (and 10, answered); 100 lies before the last 90 days.
  expect(featureOf('salary_missed_cycles_90d', [longAgo(), pay(190), pay(160), pay(130), pay(10)])).toBe(2);
});

test('salary_missed_cycles_90d: an expected date counts as missed when half a cycle has passed', () => {
  // Gap 30, half 15: last 45 days ago, due 15 days ago: not yet; last 46 days ago: missed.
  expect(featureOf('salary_missed_cycles_90d', [longAgo(), pay(105), pay(75), pay(45)])).toBe(0);
  expect(featureOf('salary_missed_cycles_90d', [longAgo(), pay(106), pay(76), pay(46)])).toBe(1);
});

test('a smaller income that ran beside a lost salary does not hide the loss', () => {
  const days = (from: number, to: number) => Array.from({ length: (from - to) / 30 + 1 }, (_, i) => from - 30 * i);
  const salaries = days(250, 70).map((one) => pay(one));
  const benefits = days(245, 5).map((one) => pay(one, 30_000, 'agency'));
  const rows = [longAgo(), ...salaries, ...benefits].sort((a, b) => a.occurredMs - b.occurredMs);
  expect(featureOf('salary_delay_days', rows)).toBe(40);
  expect(featureOf('salary_missed_cycles_90d', rows)).toBe(1);
});

test('a larger cycle takes over, a smaller one does not; a new employer does once the old one has lapsed', () => {
  // Two payers on alternate fortnights; 2,000.00 a month and 500.00 a month. The latest salary is the larger payer's.
  const both = [
    longAgo(),
    pay(100),
    pay(85, 50_000, 'aid'),
    pay(70),
    pay(55, 50_000, 'aid'),
    pay(40),
    pay(25, 50_000, 'aid'),
    pay(10),
  ];
  expect(featureOf('salary_delay_days', both)).toBe(0);
  expect(featureOf('salary_amount_drop_pct', both)).toBe(0);
  // The employer paid until 160 days ago; the next pays less, three times since.
  const changed = [
    longAgo(),
    pay(220),
    pay(190),
    pay(160),
    pay(65, 100_000, 'next'),
    pay(35, 100_000, 'next'),
    pay(5, 100_000, 'next'),
  ];
  expect(featureOf('salary_delay_days', changed)).toBe(0);
});

/** A balance of the account, on a movement of a cent. */
const balance = (days: number, balanceAfterMinor: number) =>
  ago(days, { direction: 'credit', amountMinor: 1, balanceAfterMinor, channel: 'unknown', category: 'other' });

test.each([
  ['balance_drawdown_7d_pct', 7],
  ['balance_drawdown_14d_pct', 14],
  ['balance_drawdown_30d_pct', 30],
] as const)('%s: from 1,000.00 to 600.00 with an outflow of 300.00 a month is 40 %%', (name, days) => {
  // Debits of 900.00 over 90 observed days: daily 10.00, monthly 300.00, less than the balance then.
  const rows = [balance(365, 0), ago(80, { amountMinor: 90_000 }), balance(days, 100_000), balance(0, 60_000)];
  expect(featureOf(name, rows)).toBe(40);
});

test('balance_drawdown_30d_pct: the monthly outflow is the base where the balance is smaller', () => {
  // From 100.00 to -50.00 with 300.00 a month: 100 * 150 / 300.
  const rows = [balance(365, 0), ago(80, { amountMinor: 90_000 }), balance(30, 10_000), balance(0, -5_000)];
  expect(featureOf('balance_drawdown_30d_pct', rows)).toBe(50);
});

test('balance features are unknown without balances', () => {
  const rows = [longAgo(), ago(80, { amountMinor: 90_000 }), ago(3)];
  for (const name of ['balance_drawdown_7d_pct', 'balance_drawdown_14d_pct', 'balance_drawdown_30d_pct']) {
    expect(featureOf(name, rows)).toBeNaN();
  }
  expect(featureOf('balance_volatility_30d', rows)).toBeNaN();
  expect(featureOf('days_below_usual_minimum_30d', rows)).toBeNaN();
});

test('balance_volatility_30d: half of R at 300.00, half at 900.00, outflow 300.00 a month', () => {
  // Closes of 15 days at 300.00 and 15 at 900.00: mean 600.00, standard deviation 300.00 = one month.
  const rows = [balance(365, 30_000), ago(80, { amountMinor: 90_000, balanceAfterMinor: 30_000 }), balance(14, 90_000)];
  expect(featureOf('balance_volatility_30d', rows)).toBe(1);
});

test('days_below_usual_minimum_30d: B never closes under 500.00, the last 12 days close at 400.00', () => {
  const rows = [balance(365, 50_000), balance(50, 80_000), balance(40, 50_000), balance(11, 40_000)];
  expect(featureOf('days_below_usual_minimum_30d', rows)).toBe(12);
});
