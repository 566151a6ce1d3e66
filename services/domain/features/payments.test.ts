import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Obligation } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { DAY_MS } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { featureIndex } from './catalogue.ts';
import { ago, D, featureOf, longAgo } from './testing/examples.ts';
import { obligationWith, profileWith } from './testing/rows.ts';

/** One payment of 100.00 that falls due `days` before D (negative: after it). */
const due = (days: number, change: Partial<Obligation> = {}) =>
  obligationWith({ obligationId: `o${days}`, amountMinor: 10_000, firstDueDay: D - days, interval: null, ...change });
const owing = (...obligations: Obligation[]) => profileWith({ obligations });
const pays = (days: number, amountMinor: number, change: Partial<LedgerRow> = {}) =>
  ago(days, { amountMinor, category: 'rent', ...change });

test('payment_lateness_days_30d: due 20 days ago and paid 6 days late, due 10 days ago and open: (6 + 10) / 2', () => {
  const profile = owing(due(20), due(10));
  expect(featureOf('payment_lateness_days_30d', [longAgo(), pays(14, 10_000)], profile)).toBe(8);
});

test('payment_lateness_days_30d: an older unpaid one stays, up to 90 days; an older paid one is gone', () => {
  const profile = owing(due(200, { obligationId: 'old' }), due(100, { obligationId: 'paid' }), due(10));
  const rows = [longAgo(), pays(100, 10_000, { obligationId: 'paid' }), pays(10, 10_000, { obligationId: 'o10' })];
  expect(featureOf('payment_lateness_days_30d', rows, profile)).toBe(45);
});

test('payment_lateness_days_30d: what is paid after t is unpaid at t', () => {
  expect(featureOf('payment_lateness_days_30d', [longAgo(), pays(-3, 10_000)], owing(due(10)))).toBe(10);
});

test('bill_payment_count_drop_30d: 6 bills in the 60 days of B (3 in 30), 1 in R', () => {
  const usual = [80, 70, 60, 50, 40, 30].map((days) => ago(days, { category: 'utilities' }));
  expect(featureOf('bill_payment_count_drop_30d', [longAgo(), ...usual, ago(5, { category: 'loan' })])).toBe(2);
});

test('failed_debit_count_30d: two in R, one before it, and a failed credit is none', () => {
  const failed = (days: number, change: Partial<LedgerRow> = {}) => ago(days, { status: 'failed', ...change });
  const rows = [longAgo(), failed(30), failed(29), failed(0), failed(0, { direction: 'credit' })];
  expect(featureOf('failed_debit_count_30d', rows)).toBe(2);
});

test('partial_payment_share_90d: of four due in 90 days one is paid in part and one not at all', () => {
  const profile = owing(due(80), due(60), due(40), due(5));
  const rows = [
    longAgo(),
    pays(80, 10_000, { obligationId: 'o80' }),
    pays(60, 4_000, { obligationId: 'o60' }),
    pays(40, 10_000, { obligationId: 'o40' }),
  ];
  expect(featureOf('partial_payment_share_90d', rows, profile)).toBe(0.5);
});

test('payment_timing_shift_days: 2 days early in B, 5 days late in R', () => {
  const rows = [longAgo(), pays(52, 10_000), pays(15, 10_000)];
  expect(featureOf('payment_timing_shift_days', rows, owing(due(50), due(20)))).toBe(7);
});

test('payment_undershoot_pct_30d: 30.00 of 200.00 due are open', () => {
  const rows = [longAgo(), pays(20, 10_000, { obligationId: 'o20' }), pays(10, 7_000, { obligationId: 'o10' })];
  expect(featureOf('payment_undershoot_pct_30d', rows, owing(due(20), due(10)))).toBe(15);
});

test('payments go by name, else by kind, and only to what falls due within 15 days', () => {
  const lateness = (...rows: LedgerRow[]) =>
    featureOf('payment_lateness_days_30d', [longAgo(), ...rows], owing(due(10)));
  expect(lateness(pays(10, 10_000))).toBe(0);
  expect(lateness(pays(10, 10_000, { category: 'other', obligationId: 'o10' }))).toBe(0);
  expect(lateness(pays(10, 10_000, { obligationId: 'another' }))).toBe(10);
  expect(lateness(pays(10, 10_000, { category: 'loan' }))).toBe(10);
  expect(lateness(pays(25, 10_000))).toBe(0);
  expect(lateness(pays(26, 10_000))).toBe(10);
  expect(lateness(pays(10, 10_000, { ownTransfer: true }))).toBe(10);
  expect(lateness(pays(10, 10_000, { status: 'failed' }))).toBe(10);
});

const settled = [
  'payment_lateness_days_30d',
  'partial_payment_share_90d',
  'payment_timing_shift_days',
  'payment_undershoot_pct_30d',
];

test.each(settled)('%s is unknown without a profile, undeclared, or with nothing due', (name) => {
  const rows = [longAgo(), pays(52, 10_000), pays(15, 10_000)];
  expect(featureOf(name, rows)).toBeNaN();
  expect(featureOf(name, rows, profileWith({ obligationsDeclared: false, obligations: [due(50), due(20)] }))).toBeNaN();
  expect(featureOf(name, rows, owing())).toBeNaN();
  expect(featureOf(name, rows, owing(due(50), due(20)))).not.toBeNaN();
});

test('with the set of obligations fixed, a debt that grows older never looks better', () => {
  const amounts = fc.integer({ min: 1, max: 20_000 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ age: fc.integer({ min: 0, max: 28 }), amountMinor: amounts }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.record({ days: fc.integer({ min: 0, max: 40 }), amountMinor: amounts }), { maxLength: 6 }),
      (dues, paid) => {
        const profile = owing(
          ...dues.map(({ age, amountMinor }, i) => due(age, { obligationId: `o${i}`, amountMinor })),
        );
        const rows = [longAgo(), ...paid.map(({ days, amountMinor }) => pays(days, amountMinor))];
        const at = (days: number) => observeAsOf('EUR', rows, profile, (D + 1 + days) * DAY_MS - 1)!.values;
        // The set: those of R and the older unpaid ones. It stays the same as long as no paid one leaves R.
        const stays = 29 - Math.max(...dues.map((one) => one.age));
        for (let days = 1; days <= stays; days++) {
          for (const name of ['payment_lateness_days_30d', 'payment_undershoot_pct_30d']) {
            expect(at(days)[featureIndex(name)]).toBeGreaterThanOrEqual(at(days - 1)[featureIndex(name)]!);
          }
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
});

test('a debt that nobody pays never looks better, however old it grows', () => {
  const profile = owing(due(5), due(0));
  const at = (days: number) =>
    observeAsOf('EUR', [longAgo(), pays(5, 6_000)], profile, (D + 1 + days) * DAY_MS - 1)!.values;
  for (let days = 1; days < 400; days++) {
    for (const name of ['payment_lateness_days_30d', 'payment_undershoot_pct_30d']) {
      expect(at(days)[featureIndex(name)]).toBeGreaterThanOrEqual(at(days - 1)[featureIndex(name)]!);
    }
  }
});
