import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { type KeptLedger, medianDebitKept, nextBase, observeKept, windowFromKept } from './kept-ledger.ts';
import { medianDebitAsOf } from './median-debit.ts';
import { decodeWindow, encodeWindow } from './snapshot.ts';
import { originalPosition, type RandomCustomer, randomCustomer } from './testing/random-histories.ts';
import { ledgerRow, START } from './testing/rows.ts';
import { observe, windowFromLedger } from './window.ts';

const CUSTOMERS = Array.from({ length: 60 }, (_, number) => randomCustomer(number));
const RETENTION_MS = 60 * DAY_MS;

/** The customer with its first `gone` rows gone, in so many steps. */
function kept({ rows }: RandomCustomer, gone: number, steps: number, keptFromMs: number): KeptLedger {
  const goneAt = (id: string) => {
    const index = rows.findIndex((row) => row.transactionId === id);
    return index < 0 ? null : index + 1;
  };
  let ledger: KeptLedger = { currency: 'EUR', base: null, rows, goneAt };
  for (let step = 1, at = 0; step <= steps; step++) {
    const next = Math.floor((gone * step) / steps);
    ledger = { ...ledger, base: nextBase(ledger, next - at, keptFromMs), rows: rows.slice(next) };
    at = next;
  }
  return ledger;
}

const latestMs = ({ rows }: RandomCustomer) => Math.max(...rows.map((row) => row.occurredMs));
const bits = (ledger: KeptLedger | null, customer: RandomCustomer, n: number, atMs: number) => {
  const observed =
    ledger === null
      ? observeAsOf('EUR', customer.rows.slice(0, n), customer.profile, atMs)
      : observeKept(firstOf(ledger, customer, n), customer.profile, atMs);
  return observed === null || observed === 'gone'
    ? observed
    : [observed.ledgerPosition, ...observed.values, observed.eligibility];
};
const firstOf = (ledger: KeptLedger, { rows }: RandomCustomer, n: number): KeptLedger => ({
  ...ledger,
  rows: ledger.rows.slice(0, n - (rows.length - ledger.rows.length)),
});

describe.each([1, 3])('a ledger whose first rows are gone, in %s steps', (steps) => {
  it('has folded some of them', () => {
    const folded = CUSTOMERS.filter((customer) => {
      const fromMs = latestMs(customer) - RETENTION_MS;
      const { base } = kept(customer, Math.floor(customer.rows.length / 2), steps, fromMs);
      return decodeWindow(base!)!.fold.rows > 0;
    });
    expect(folded.length).toBeGreaterThan(20);
  });

  it('answers every t and n that are kept with the bits of the whole ledger', () => {
    let compared = 0;
    for (const customer of CUSTOMERS) {
      const { rows } = customer;
      const fromMs = latestMs(customer) - RETENTION_MS;
      const gone = Math.floor(rows.length / 2);
      const ledger = kept(customer, gone, steps, fromMs);
      for (let n = gone; n <= rows.length; n += 7) {
        for (const atMs of [latestMs(customer), fromMs, fromMs + 20 * DAY_MS, (rows[n - 1] ?? rows[0]!).occurredMs]) {
          if (atMs < fromMs) continue;
          expect(bits(ledger, customer, n, atMs)).toEqual(bits(null, customer, n, atMs));
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(1_000);
  });

  it('gives the window that the whole ledger gives, to the bit of its vectors', () => {
    for (const customer of CUSTOMERS) {
      const { rows, profile } = customer;
      const fromMs = latestMs(customer) - RETENTION_MS;
      const window = windowFromKept(kept(customer, Math.floor(rows.length / 3), steps, fromMs));
      const whole = windowFromLedger('EUR', rows);
      expect(window).not.toBeNull();
      expect(observe(window!, profile, latestMs(customer))).toEqual(observe(whole, profile, latestMs(customer)));
    }
  });

  it('knows the median debit at every row that is kept', () => {
    for (const customer of CUSTOMERS) {
      const { rows } = customer;
      const fromMs = latestMs(customer) - RETENTION_MS;
      const gone = Math.floor(rows.length / 2);
      const ledger = kept(customer, gone, steps, fromMs);
      for (let n = gone + 1; n <= rows.length; n += 11) {
        const row = rows[n - 1]!;
        if (row.occurredMs < fromMs) continue;
        expect(medianDebitKept(firstOf(ledger, customer, n), row)).toBe(medianDebitAsOf(rows.slice(0, n), row));
      }
    }
  });
});

it('takes a late row from as far back as is kept, and a reversal of what is', () => {
  const rows = Array.from({ length: 300 }, (_, i) => ledgerRow({ day: START + i, amountMinor: 100 + i }));
  const fromMs = rows[150]!.occurredMs;
  const late = ledgerRow({ transactionId: 'late', day: START + 151 });
  const undoing = ledgerRow({
    transactionId: 'undoing',
    day: START + 300,
    reversesTransactionId: rows[151]!.transactionId,
  });
  for (const row of [late, undoing]) {
    const customer: RandomCustomer = { rows: [...rows, row], profile: null };
    const ledger = kept({ rows, profile: null }, 280, 1, fromMs);
    const more: KeptLedger = { ...ledger, rows: [...ledger.rows, row] };
    expect(originalPosition(customer.rows, 300)).toBe(row === late ? null : 152);
    expect(bits(more, customer, 301, fromMs)).toEqual(bits(null, customer, 301, fromMs));
  }
});

it('says that what is gone is gone', () => {
  const rows = Array.from({ length: 300 }, (_, i) => ledgerRow({ day: START + i, amountMinor: 100 + i }));
  const ledger = kept({ rows, profile: null }, 280, 1, rows[290]!.occurredMs);
  expect(observeKept(ledger, null, rows[100]!.occurredMs)).toBe('gone');
  const older = ledgerRow({ transactionId: 'older', day: START + 3 });
  const undoing = ledgerRow({
    transactionId: 'undoing',
    day: START + 300,
    reversesTransactionId: rows[3]!.transactionId,
  });
  for (const row of [older, undoing]) expect(windowFromKept({ ...ledger, rows: [...ledger.rows, row] })).toBeNull();
});

it('keeps little of a customer who went on: a base folds what no kept t looks back on', () => {
  const rows = Array.from({ length: 600 }, (_, i) => ledgerRow({ day: START + i, amountMinor: 100 + i }));
  const { base } = kept({ rows, profile: null }, 400, 1, rows[500]!.occurredMs);
  const window = windowFromLedger('EUR', rows.slice(0, 400));
  expect(base!.length).toBeLessThan(1.5 * encodeWindow(window).length);
});
