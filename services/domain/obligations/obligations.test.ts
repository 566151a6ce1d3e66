import { expect, test } from 'vitest';
import type { Obligation, Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { formatDay, parseDay } from '../calendar/days.ts';
import { atNoon, ledgerRow, obligationWith, profileWith, START } from '../features/testing/rows.ts';
import { dueDates } from './due-dates.ts';
import { eligibilityAt, HORIZON_DAYS } from './eligibility.ts';
import { censoredDays, LABEL_PARAMETERS, missLabelAt } from './label.ts';
import { createPaymentBook } from './payment-book.ts';

const day = (iso: string) => parseDay(iso)!;
const datesOf = (obligation: Obligation, from: string, to: string) =>
  dueDates(obligation, day(from), day(to)).map(formatDay);

test('by months: the first date’s day, or the month’s last', () => {
  const monthly = obligationWith({ firstDueDay: day('2024-01-31') });
  expect(datesOf(monthly, '2024-01-01', '2024-05-31')).toEqual([
    '2024-01-31',
    '2024-02-29',
    '2024-03-31',
    '2024-04-30',
    '2024-05-31',
  ]);
  expect(datesOf(monthly, '2024-02-29', '2024-03-30')).toEqual(['2024-02-29']);
  const quarterly = obligationWith({ firstDueDay: day('2023-11-15'), interval: { kind: 'months', months: 3 } });
  expect(datesOf(quarterly, '2024-01-01', '2024-12-31')).toEqual([
    '2024-02-15',
    '2024-05-15',
    '2024-08-15',
    '2024-11-15',
  ]);
});

test('by days, once, and until the last due date', () => {
  const fortnightly = obligationWith({
    firstDueDay: day('2024-01-05'),
    interval: { kind: 'days', days: 14 },
    lastDueDay: day('2024-02-16'),
  });
  expect(datesOf(fortnightly, '2024-01-06', '2024-03-31')).toEqual(['2024-01-19', '2024-02-02', '2024-02-16']);
  const once = obligationWith({ firstDueDay: day('2024-01-05'), interval: null });
  expect(datesOf(once, '2024-01-05', '2024-01-05')).toEqual(['2024-01-05']);
  expect(datesOf(once, '2024-01-06', '2024-12-31')).toEqual([]);
  expect(datesOf(obligationWith({ firstDueDay: day('2025-01-05') }), '2024-01-01', '2024-12-31')).toEqual([]);
});

/** Of all rows, with dues up to 45 days ahead. */
const settlementOf = (profile: Profile | null, rows: readonly LedgerRow[], today: number) =>
  createPaymentBook(rows).settle(profile, () => true, today + HORIZON_DAYS);

/** 60 days into the history; rent of 500.00 falls due at the days given, relative to then. */
const NOW = START + 60;
const owing = (dues: number[], change: Partial<Profile> = {}) =>
  profileWith({
    obligations: dues.map((at) => obligationWith({ obligationId: `d${at}`, firstDueDay: NOW + at, interval: null })),
    ...change,
  });
const opening = ledgerRow({ day: START, direction: 'credit' });
const pays = (at: number, amountMinor = 50_000, change: Partial<LedgerRow> = {}) =>
  ledgerRow({ transactionId: `p${at}-${amountMinor}`, day: NOW + at, amountMinor, category: 'rent', ...change });
const eligibility = (profile: Profile | null, ...rows: LedgerRow[]) =>
  eligibilityAt(settlementOf(profile, [opening, ...rows], NOW), profile, NOW);

test('oldest due first; paid when fully covered; a rest reaches the next due within 15 days and no further', () => {
  const profile = owing([-20, -10, 10, 16]);
  const settled = settlementOf(profile, [opening, pays(-20, 30_000), pays(-9, 60_000), pays(0, 90_000)], NOW);
  expect([...settled.paidMinor.subarray(0, settled.count)]).toEqual([50_000, 50_000, 50_000, 0]);
  expect([...settled.paidDay.subarray(0, settled.count)]).toEqual([NOW - 9, NOW, NOW, Number.POSITIVE_INFINITY]);
});

test('dues of the first 15 days of a history are not judged: what paid them may lie before it', () => {
  expect(settlementOf(owing([-50, -46, -45]), [opening], NOW).count).toBe(1);
});

test('a reversed payment pays nothing', () => {
  const undo = ledgerRow({
    transactionId: 'r',
    day: NOW - 1,
    direction: 'credit',
    reversesTransactionId: 'p-10-50000',
  });
  expect(eligibility(owing([-10, 10]), pays(-10), undo)).toBe('already_late');
});

test('eligibility: the first that holds of closed, forborne, undeclared, already late, recently late, nothing due', () => {
  expect(eligibility(owing([-10], { standing: 'closed' }))).toBe('closed');
  expect(eligibility(owing([-10], { standing: 'forborne', obligationsDeclared: false }))).toBe('forborne');
  expect(eligibility(owing([-10], { obligationsDeclared: false }))).toBe('undeclared');
  expect(eligibility(null)).toBe('undeclared');
  expect(eligibility(owing([-5, 10]))).toBe('already_late');
  expect(eligibility(owing([-4, 10]))).toBe('eligible');
  expect(eligibility(owing([-40, 10]), pays(-9))).toBe('recently_late');
  expect(eligibility(owing([-40, 10]), pays(-10))).toBe('eligible');
  expect(eligibility(owing([46]))).toBe('nothing_due');
  expect(eligibility(owing([45]))).toBe('eligible');
  expect(eligibility(owing([0]))).toBe('nothing_due');
});

test('recently late is over 90 days after it was cured', () => {
  const late = profileWith({
    obligations: [
      obligationWith({ firstDueDay: NOW - 40, interval: null }),
      obligationWith({ obligationId: 'next', firstDueDay: NOW + 100, interval: null }),
    ],
  });
  const at = (today: number) => eligibilityAt(settlementOf(late, [opening, pays(-5)], today), late, today);
  // Unpaid until 6 days before NOW: that is one of the last 90 dates until NOW + 83.
  expect(at(NOW + 83)).toBe('recently_late');
  expect(at(NOW + 84)).toBe('eligible');
});

test('the label is 1 if anything due in the next 45 days is not fully paid 30 days after it was due', () => {
  const label = (...rows: LedgerRow[]) => missLabelAt(owing([10, 40]), [opening, ...rows], atNoon(NOW));
  expect(label(pays(10), pays(40))).toEqual({ eligibility: 'eligible', label: 0 });
  expect(label(pays(40), pays(70))).toEqual({ eligibility: 'eligible', label: 0 });
  expect(label(pays(41), pays(70)).label).toBe(1);
  expect(label(pays(10), pays(40, 49_999)).label).toBe(1);
  expect(label(pays(10), pays(71)).label).toBe(1);
  expect(label().label).toBe(1);
});

test('a payment undone within its grace was missed, one undone after it was made in time', () => {
  const undo = (at: number) =>
    ledgerRow({ transactionId: 'r', day: NOW + at, direction: 'credit', reversesTransactionId: 'p10-50000' });
  const label = (at: number) => missLabelAt(owing([10]), [opening, pays(10), undo(at)], atNoon(NOW)).label;
  expect(label(40)).toBe(1);
  expect(label(41)).toBe(0);
  // Past the 75 days that a label looks ahead: more data must not change it.
  expect(label(76)).toBe(0);
});

test('eligibility at t goes by what was learned by t, as the vector does', () => {
  const learned = (at: number) => pays(-10, 50_000, { bookedMs: atNoon(NOW + at) });
  const at = (payment: LedgerRow) => missLabelAt(owing([-10, 10]), [opening, payment, pays(10)], atNoon(NOW));
  expect(at(learned(0))).toEqual({ eligibility: 'eligible', label: 0 });
  expect(at(learned(1))).toEqual({ eligibility: 'already_late', label: null });
});

test('who is not eligible has no label', () => {
  expect(missLabelAt(owing([-10, 10]), [opening, pays(1)], atNoon(NOW))).toEqual({
    eligibility: 'already_late',
    label: null,
  });
});

test('horizon, grace and days past due are parameters', () => {
  const label = (change: Partial<typeof LABEL_PARAMETERS>, ...rows: LedgerRow[]) =>
    missLabelAt(owing([-10, 10, 40]), [opening, ...rows], atNoon(NOW), { ...LABEL_PARAMETERS, ...change });
  const paid = [pays(-10), pays(15), pays(50)];
  expect(label({}, ...paid)).toEqual({ eligibility: 'eligible', label: 0 });
  expect(label({ graceDays: 9 }, ...paid).label).toBe(1);
  expect(label({ graceDays: 9, horizonDays: 39 }, ...paid).label).toBe(0);
  expect(label({ horizonDays: 9 }, ...paid).eligibility).toBe('nothing_due');
  expect(label({ lateDays: 11 }, pays(1), pays(15), pays(50))).toEqual({ eligibility: 'eligible', label: 0 });
  expect(label({ seriouslyLateDays: 4 }, pays(-5), pays(15), pays(50)).eligibility).toBe('recently_late');
  expect(label({ seriouslyLateDays: 4, recentDays: 5 }, pays(-5), pays(15), pays(50)).eligibility).toBe('eligible');
  expect(censoredDays({ ...LABEL_PARAMETERS, graceDays: 9 })).toBe(54);
});
