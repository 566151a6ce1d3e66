import { expect, it } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { medianDebitAsOf, medianDebitMinor } from './median-debit.ts';
import { windowFromLedger } from './window.ts';

it('is the middle debit, or the mean of the two in the middle', () => {
  expect(bothWays([debit('a', 30), debit('b', 10), debit('c', 20)])).toEqual([20, 20]);
  expect(bothWays([debit('a', 30), debit('b', 10)])).toEqual([20, 20]);
});

it('leaves out what moved no money, is undone, stays with the customer, comes in, or is older than 90 dates', () => {
  const rows = [
    { ...debit('z', 999), occurredMs: 0 },
    debit('a', 10),
    { ...debit('b', 999), status: 'failed' as const },
    { ...debit('c', 999), ownTransfer: true },
    { ...debit('d', 999), direction: 'credit' as const },
    debit('e', 999),
    { ...debit('f', 999), direction: 'credit' as const, reversesTransactionId: 'e' },
  ];
  expect(bothWays(rows)).toEqual([10, 10]);
  expect(bothWays(rows.slice(2, 5))).toEqual([null, null]);
});

/** From the window, and from the ledger itself. */
function bothWays(rows: readonly LedgerRow[]): (number | null)[] {
  const last = rows.at(-1)!;
  return [medianDebitMinor(windowFromLedger('CZK', rows), last), medianDebitAsOf(rows, last)];
}

function debit(transactionId: string, amountMinor: number): LedgerRow {
  return {
    transactionId,
    accountId: 'a1',
    occurredMs: 90 * 86_400_000,
    bookedMs: 90 * 86_400_000,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor,
    balanceAfterMinor: null,
    channel: 'card',
    category: 'groceries',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 0,
  };
}
