import { expect, test } from 'vitest';
import type { Obligation } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { ago, D, featureOf, longAgo } from './testing/examples.ts';
import { obligationWith, profileWith } from './testing/rows.ts';

/** One payment of 100.00 that falls due `days` before D (negative: after it). */
const due = (days: number, change: Partial<Obligation> = {}) =>
  obligationWith({ obligationId: `o${days}`, amountMinor: 10_000, firstDueDay: D - days, interval: null, ...change });
const owing = (...obligations: Obligation[]) => profileWith({ obligations });
const pays = (days: number, to: number) =>
  ago(days, { amountMinor: 10_000, category: 'rent', obligationId: `o${to}` } satisfies Partial<LedgerRow>);
const credit = (days: number, amountMinor: number) =>
  ago(days, { direction: 'credit', amountMinor, category: 'salary' });

test('obligations_due_45d: tomorrow and in 45 days count, today and in 46 days do not', () => {
  const profile = owing(due(0), due(-1), due(-45), due(-46));
  expect(featureOf('obligations_due_45d', [longAgo()], profile)).toBe(2);
});

test('obligations_due_45d: a weekly one from tomorrow on falls due 7 times in 45 days', () => {
  const weekly = due(-1, { interval: { kind: 'days', days: 7 } });
  expect(featureOf('obligations_due_45d', [longAgo()], owing(weekly))).toBe(7);
});

test('obligations_due_45d and obligation_burden_45d: nothing due is 0, no obligations told is unknown', () => {
  const rows = [longAgo(), credit(60, 100_000)];
  const untold = profileWith({ obligationsDeclared: false });
  for (const name of ['obligations_due_45d', 'obligation_burden_45d']) {
    expect(featureOf(name, rows, owing())).toBe(0);
    expect(featureOf(name, rows, untold)).toBeNaN();
    expect(featureOf(name, rows)).toBeNaN();
  }
});

test('obligation_burden_45d: 300.00 due against 1,200.00 of credits over the 11 whole months known', () => {
  const profile = owing(due(-1), due(-20), due(-45), due(-46), due(10));
  // longAgo is on 2023-04-30: the whole months since are 05...12 of 2023 and 01...03 of 2024.
  const rows = [longAgo(), credit(60, 1_320_000 / 2), credit(90, 1_320_000 / 2)];
  expect(featureOf('obligation_burden_45d', rows, profile)).toBe(0.25);
});

test('obligation_burden_45d: without a credit, or a whole month, it is unknown', () => {
  expect(featureOf('obligation_burden_45d', [longAgo()], owing(due(-1)))).toBeNaN();
  expect(featureOf('obligation_burden_45d', [credit(20, 100_000)], owing(due(-1)))).toBeNaN();
});

test('late_payment_share_history: of five that were due, one paid 3 days late and one not at all', () => {
  const profile = owing(due(300), due(200), due(100), due(50), due(3), due(2), due(-5));
  // Due 2 days ago and due in 5 days: neither can be 3 days late yet.
  const rows = [longAgo(), pays(300, 300), pays(197, 200), pays(98, 100), pays(50, 50)];
  expect(featureOf('late_payment_share_history', rows, profile)).toBe(Math.fround(2 / 5));
});

test('late_payment_share_history: unknown while nothing fell due 3 days ago, and where no obligations are told', () => {
  expect(featureOf('late_payment_share_history', [longAgo()], owing(due(2)))).toBeNaN();
  expect(featureOf('late_payment_share_history', [longAgo()], profileWith({ obligationsDeclared: false }))).toBeNaN();
});
