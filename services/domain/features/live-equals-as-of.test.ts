import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Profile } from '../bank/profile.ts';
import type { Category, Channel, LedgerRow } from '../bank/transaction.ts';
import { DAY_MS } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { CATALOGUE } from './catalogue.ts';
import { decodeWindow, encodeWindow } from './snapshot.ts';
import { ledgerRow, obligationWith, profileWith, START } from './testing/rows.ts';
import type { Observation } from './types.ts';
import { appendRow, type CustomerWindow, emptyWindow, observe, windowFromLedger } from './window.ts';

// A counterexample is told with its seed; shrinking long histories would take minutes.
const runs = { numRuns: 60, endOnFailure: true };

const categories: readonly Category[] = [
  'unknown',
  'groceries',
  'rent',
  'utilities',
  'dining',
  'shopping',
  'loan',
  'insurance',
  'overdraft_charge',
  'cash',
];
const channels: readonly Channel[] = ['unknown', 'card', 'atm', 'branch', 'transfer', 'direct_debit'];

interface Step {
  /** Days since the row before; at times a long gap. */
  gap: number;
  /** Days by which it is late. */
  late: number;
  row: Partial<LedgerRow>;
  reverses: 'none' | 'earlier' | 'later';
  pick: number;
}

const offsets = fc.constantFrom(0, 0, 0, 60, 120, -300, 840, -840);
const step: fc.Arbitrary<Step> = fc.record({
  gap: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 30, max: 130 }) },
  ),
  late: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 1, arbitrary: fc.integer({ min: 80, max: 200 }) },
  ),
  reverses: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'none', 'earlier', 'later'),
  pick: fc.nat(1_000),
  row: fc.record({
    accountId: fc.constantFrom('a', 'a', 'a', 'b', 'c'),
    utcOffsetMinutes: offsets,
    timePrecision: fc.constantFrom('second', 'second', 'second', 'day'),
    direction: fc.constantFrom('debit', 'debit', 'credit'),
    status: fc.constantFrom('settled', 'settled', 'settled', 'settled', 'failed'),
    amountMinor: fc.oneof(fc.integer({ min: 1, max: 300_000 }), fc.constantFrom(50_000, 200_000, 10_000_000_000_000)),
    balanceAfterMinor: fc.oneof(fc.constant(null), fc.integer({ min: -200_000, max: 800_000 })),
    channel: fc.constantFrom(...channels),
    category: fc.constantFrom(...categories),
    merchantId: fc.constantFrom(null, 'm1', 'm2', 'm3', 'm4', 'm5'),
    counterpartyId: fc.constantFrom(null, 'p1', 'p2'),
    obligationId: fc.constantFrom(null, null, null, 'rent', 'loan', 'gone'),
    ownTransfer: fc.constantFrom(false, false, false, false, true),
    declares: fc.constantFrom(63, 63, 63, 0, 7),
  }) as fc.Arbitrary<Partial<LedgerRow>>,
});

/** Histories in the order the engine learns of them, some with a regular salary on top. */
const histories: fc.Arbitrary<LedgerRow[]> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 260, size: 'max' }),
    msOfDay: fc.array(fc.integer({ min: 0, max: DAY_MS - 1 }), { minLength: 8, maxLength: 8 }),
    salaryEvery: fc.constantFrom(0, 0, 7, 14, 30),
    salaryLasts: fc.integer({ min: 30, max: 500 }),
  })
  .map(({ steps, msOfDay, salaryEvery, salaryLasts }) => {
    const rows: LedgerRow[] = [];
    const promised: { id: string; at: number }[] = [];
    let day = START;
    let nextSalary = START + 20;
    steps.forEach((one, index) => {
      day += one.gap;
      for (; salaryEvery > 0 && nextSalary <= Math.min(day, START + salaryLasts); nextSalary += salaryEvery) {
        rows.push(
          ledgerRow({
            transactionId: `s${nextSalary}`,
            day: nextSalary,
            direction: 'credit',
            amountMinor: 400_000 + (nextSalary % 5) * 1_000,
            counterpartyId: 'employer',
            category: 'salary',
            channel: 'transfer',
          }),
        );
      }
      rows.push(rowOf(one, index, day, msOfDay, rows, promised));
    });
    return rows;
  });

function rowOf(
  one: Step,
  index: number,
  day: number,
  msOfDay: readonly number[],
  rows: readonly LedgerRow[],
  promised: { id: string; at: number }[],
): LedgerRow {
  const offset = (one.row.utcOffsetMinutes ?? 0) * 60_000;
  const ms = one.row.timePrecision === 'day' ? 0 : msOfDay[index % 8]!;
  const occurredMs = (day - one.late) * DAY_MS + ms - offset;
  const kept = promised.findIndex((promise) => promise.at <= index);
  const transactionId = kept >= 0 ? promised.splice(kept, 1)[0]!.id : `t${index}`;
  let reversesTransactionId: string | null = null;
  if (one.reverses === 'later') {
    reversesTransactionId = `promised-${index}`;
    promised.push({ id: reversesTransactionId, at: index + 1 + (one.pick % 30) });
  } else if (one.reverses === 'earlier') {
    const candidates = rows.filter((row) => row.reversesTransactionId === null);
    reversesTransactionId =
      candidates[candidates.length - 1 - (one.pick % Math.min(candidates.length, 40))]?.transactionId ?? null;
  }
  if (kept >= 0) reversesTransactionId = null;
  return ledgerRow({ ...one.row, transactionId, occurredMs, reversesTransactionId });
}

const profiles: fc.Arbitrary<Profile | null> = fc.option(
  fc
    .record({
      salaryDayOfMonth: fc.constantFrom(null, null, 1, 15, 31),
      obligationsDeclared: fc.constantFrom(true, true, true, false),
      obligations: fc.constantFrom(
        [],
        [
          obligationWith({}),
          obligationWith({ obligationId: 'loan', kind: 'loan', amountMinor: 20_000, firstDueDay: START + 40 }),
        ],
        [
          obligationWith({ interval: { kind: 'days', days: 14 }, amountMinor: 9_000 }),
          obligationWith({ obligationId: 'u', kind: 'utilities', amountMinor: 300, firstDueDay: START - 60 }),
        ],
      ),
    })
    .map((change) => profileWith(change)),
  { freq: 6 },
);

function expectSame(live: Observation | null, reference: Observation | null, what: string): void {
  if (live === null || reference === null) {
    expect(live, what).toBe(reference);
    return;
  }
  CATALOGUE.forEach((feature, i) => {
    if (!Object.is(live.values[i], reference.values[i])) {
      throw new Error(`${what}: ${feature.name} is ${live.values[i]}, the reference ${reference.values[i]}`);
    }
  });
  expect({ ...live, values: 0 }, what).toEqual({ ...reference, values: 0 });
}

/** The caller's part: the original's ledger position of a reversal, null if the ledger has none. */
function originalPosition(rows: readonly LedgerRow[], n: number): number | null {
  const id = rows[n]!.reversesTransactionId;
  const index = rows.slice(0, n).findIndex((row) => row.transactionId === id);
  return index < 0 ? null : index + 1;
}

function append(window: CustomerWindow, rows: readonly LedgerRow[], n: number): CustomerWindow {
  const outcome = appendRow(window, rows[n]!, originalPosition(rows, n));
  return outcome.kind === 'stale' ? windowFromLedger('EUR', rows.slice(0, n + 1)) : window;
}

function replay(rows: readonly LedgerRow[], profile: Profile | null): { answered: number; refused: number } {
  let window = emptyWindow('EUR');
  const tally = { answered: 0, refused: 0 };
  rows.forEach((row, n) => {
    window = append(window, rows, n);
    // Every reversal, and of the others each third: the reference takes a pass over all rows.
    if (row.reversesTransactionId === null && n % 3 !== 0) return;
    const live = observe(window, profile, row.occurredMs);
    if (live === null) {
      tally.refused++;
      return;
    }
    tally.answered++;
    expectSame(live, observeAsOf('EUR', rows.slice(0, n + 1), profile, row.occurredMs), `row ${n + 1}`);
  });
  return tally;
}

test('the vector computed live equals the as-of vector, on the way through a history, bit for bit', () => {
  const total = { answered: 0, refused: 0 };
  fc.assert(
    fc.property(histories, profiles, (rows, profile) => {
      const { answered, refused } = replay(rows, profile);
      total.answered += answered;
      total.refused += refused;
    }),
    runs,
  );
  expect(total.answered).toBeGreaterThan(total.refused);
});

test('a window made by appending, rebuilt from the ledger or decoded from its bytes answers alike, at any t it answers', () => {
  fc.assert(
    fc.property(histories, profiles, fc.integer({ min: -5, max: 60 }), (rows, profile, days) => {
      let appended = emptyWindow('EUR');
      rows.forEach((_, n) => {
        appended = append(appended, rows, n);
      });
      const latest = Math.max(...rows.map((row) => row.occurredMs));
      const atMs = latest + days * DAY_MS;
      const reference = observeAsOf('EUR', rows, profile, atMs);
      const rebuilt = windowFromLedger('EUR', rows);
      const decoded = decodeWindow(encodeWindow(appended))!;
      for (const window of [appended, rebuilt, decoded]) {
        const live = observe(window, profile, atMs);
        if (live !== null) expectSame(live, reference, 'at the end');
      }
      expect(encodeWindow(decoded)).toEqual(encodeWindow(appended));
    }),
    runs,
  );
});

test('a decoded window goes on as the one it was made of', () => {
  fc.assert(
    fc.property(histories, profiles, (rows, profile) => {
      let window = emptyWindow('EUR');
      rows.forEach((row, n) => {
        window = append(n % 7 === 0 ? decodeWindow(encodeWindow(window))! : window, rows, n);
        if (n % 11 !== 0) return;
        const live = observe(window, profile, row.occurredMs);
        if (live !== null)
          expectSame(live, observeAsOf('EUR', rows.slice(0, n + 1), profile, row.occurredMs), `row ${n + 1}`);
      });
    }),
    runs,
  );
});

test('what occurs after t changes nothing, known or not', () => {
  fc.assert(
    fc.property(histories, profiles, fc.nat(), (rows, profile, pick) => {
      const atMs = rows[pick % rows.length]!.occurredMs;
      const known = observeAsOf('EUR', rows, profile, atMs)!;
      const without = observeAsOf(
        'EUR',
        rows.filter((row) => row.occurredMs <= atMs),
        profile,
        atMs,
      )!;
      expectSame({ ...known, ledgerPosition: 0 }, { ...without, ledgerPosition: 0 }, 'without the later rows');
    }),
    runs,
  );
});

test('every value is unknown or lies in its range, as a float32', () => {
  fc.assert(
    fc.property(histories, profiles, (rows, profile) => {
      const { values } = observeAsOf('EUR', rows, profile, rows.at(-1)!.occurredMs)!;
      CATALOGUE.forEach((feature, i) => {
        const value = values[i]!;
        if (Number.isNaN(value)) return;
        if (!Number.isFinite(value) || value < (feature.min ?? value) || value > (feature.max ?? value)) {
          throw new Error(`${feature.name} is ${value}`);
        }
        expect(Math.fround(value)).toBe(value);
      });
    }),
    runs,
  );
});
