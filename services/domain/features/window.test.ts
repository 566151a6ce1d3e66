import { expect, test } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { observeAsOf } from './as-of.ts';
import { medianDebitAsOf, medianDebitMinor } from './median-debit.ts';
import { amountAt, balanceAt, flagsAt, isReversalOfReversal, KNOWS_BALANCE } from './records.ts';
import { decodeWindow, encodeWindow, windowBytes } from './snapshot.ts';
import { ledgerRow, START } from './testing/rows.ts';
import { appendRow, emptyWindow, observe, windowFromLedger } from './window.ts';

const days = (count: number): LedgerRow[] =>
  Array.from({ length: count }, (_, i) => ledgerRow({ day: START + i, amountMinor: 100 + i, merchantId: `m${i}` }));

test('a row older than the fold asks for a rebuild, and the window stays as it was', () => {
  const rows = days(200);
  const window = windowFromLedger('EUR', rows);
  const before = encodeWindow(window);
  expect(appendRow(window, ledgerRow({ transactionId: 'late', day: START + 3 }))).toEqual({
    kind: 'stale',
    why: 'older-than-fold',
  });
  expect(encodeWindow(window)).toEqual(before);
});

test('a reversal needs its original: told where it is, told that there is none, or else a rebuild', () => {
  const rows = days(200);
  const reversal = (id: string) => ledgerRow({ transactionId: 'r', day: START + 200, reversesTransactionId: id });
  const window = windowFromLedger('EUR', rows);
  expect(appendRow(window, reversal(rows[199]!.transactionId))).toEqual({ kind: 'stale', why: 'original-unknown' });
  expect(appendRow(window, reversal(rows[3]!.transactionId), 4)).toEqual({ kind: 'stale', why: 'original-folded' });
  expect(appendRow(window, reversal(rows[199]!.transactionId), 200)).toEqual({ kind: 'appended' });
  expect(appendRow(windowFromLedger('EUR', rows), reversal('unseen'), null)).toEqual({ kind: 'appended' });
});

test('a window answers for its own ledger position only, and not for a t far behind its latest row', () => {
  const rows = days(200);
  const window = windowFromLedger('EUR', rows);
  const latest = rows[199]!.occurredMs;
  expect(observe(window, null, latest)!.ledgerPosition).toBe(200);
  expect(observe(window, null, latest, 199)).toBeNull();
  expect(observe(window, null, rows[197]!.occurredMs)).not.toBeNull();
  expect(observe(window, null, rows[100]!.occurredMs)).toBeNull();
  expect(observe(emptyWindow('EUR'), null, latest)).toBeNull();
});

test('names of parties that are folded away are forgotten', () => {
  const window = windowFromLedger('EUR', days(2_000));
  expect(window.names.parties.length).toBeLessThan(300 * 'm1999'.length);
});

test('bytes of another format, or damaged, are no window', () => {
  const bytes = encodeWindow(windowFromLedger('EUR', days(150)));
  expect(decodeWindow(bytes)).not.toBeNull();
  expect(decodeWindow(bytes.slice(0, 40))).toBeNull();
  expect(decodeWindow(bytes.slice(0, bytes.length - 1))).toBeNull();
  expect(decodeWindow(new Uint8Array(0))).toBeNull();
  for (const at of [0, 10, 500, bytes.length - 1]) {
    expect(decodeWindow(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)))).toBeNull();
  }
});

test('100 entries over 97 days take no more than 4 KB, with the 400 bytes that the cache adds', () => {
  const rows = Array.from({ length: 100 }, (_, i) =>
    ledgerRow({ transactionId: `t${i}`, day: START + Math.floor(i * 0.97), merchantId: `merchant-${i % 20}` }),
  );
  const window = emptyWindow('EUR');
  for (const row of rows) appendRow(window, row);
  expect(windowBytes(windowFromLedger('EUR', rows))).toBeLessThanOrEqual(4_096 - 400);
  expect(windowBytes(window)).toBeLessThanOrEqual(4_096 - 400);
});

test('amounts and balances of more than 32 bits, met late, change no bit of what was before', () => {
  const sizes = [1, 4_294_967_295, 4_294_967_296, 10_000_000_000_000];
  const balances = [
    -2_147_483_648,
    2_147_483_647,
    -2_147_483_649,
    -10_000_000_000_000,
    10_000_000_000_000,
    null,
    -1,
    0,
  ];
  const rows = balances.map((balanceAfterMinor, i) =>
    ledgerRow({ day: START + i, amountMinor: sizes[i % 4]!, balanceAfterMinor, merchantId: `m${i}` }),
  );
  const window = emptyWindow('EUR');
  rows.forEach((row, i) => {
    appendRow(window, row);
    expect(amountAt(window.records, i)).toBe(row.amountMinor);
    for (let k = 0; k <= i; k++) {
      const known = (flagsAt(window.records, k) & KNOWS_BALANCE) !== 0;
      expect(known ? balanceAt(window.records, k) : null).toBe(rows[k]!.balanceAfterMinor);
    }
  });
  expect(encodeWindow(decodeWindow(encodeWindow(window))!)).toEqual(encodeWindow(window));
});

test('the median debit is of the last 90 dates, from the window and from the ledger alike', () => {
  const rows = days(200);
  const row = rows[199]!;
  // The debits of the last 90 dates are 210...299: median 254.5.
  expect(medianDebitMinor(windowFromLedger('EUR', rows), row)).toBe(254.5);
  expect(medianDebitAsOf(rows, row)).toBe(254.5);
  expect(medianDebitAsOf([ledgerRow({ direction: 'credit' })], row)).toBeNull();
});

test('a reversal of a reversal is told; a failed row undoes nothing', () => {
  const original = ledgerRow({ transactionId: 'x' });
  const reversal = ledgerRow({ transactionId: 'r', reversesTransactionId: 'x' });
  const second = ledgerRow({ transactionId: 's', reversesTransactionId: 'r' });
  expect(isReversalOfReversal(second, reversal)).toBe(true);
  expect(isReversalOfReversal(reversal, original)).toBe(false);
  expect(isReversalOfReversal(second, { ...reversal, status: 'failed' })).toBe(false);
});

test('a day-precision row is observed with all rows of its date; a date in a query means its last instant', () => {
  const midnight = START * 86_400_000;
  const rows = [
    ledgerRow({ occurredMs: midnight, timePrecision: 'day' }),
    ledgerRow({ transactionId: 'b', occurredMs: midnight, timePrecision: 'day' }),
  ];
  expect(observe(windowFromLedger('EUR', rows), null, midnight)!.values).toEqual(
    observeAsOf('EUR', rows, null, midnight)!.values,
  );
});
