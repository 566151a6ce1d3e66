import { expect, it } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { medianDebitMinor } from './median-debit.ts';
import { windowFromLedger } from './window.ts';

it('is the middle debit, or the mean of the two in the middle', () => {
  expect(medianDebitMinor(windowFromLedger('CZK', [debit('a', 30), debit('b', 10), debit('c', 20)]))).toBe(20);
  expect(medianDebitMinor(windowFromLedger('CZK', [debit('a', 30), debit('b', 10)]))).toBe(20);
});

it('leaves out what moved no money, is undone, stays with the customer, or comes in', () => {
  const rows = [
    debit('a', 10),
    { ...debit('b', 999), status: 'failed' as const },
    { ...debit('c', 999), ownTransfer: true },
    { ...debit('d', 999), direction: 'credit' as const },
    debit('e', 999),
    { ...debit('f', 999), direction: 'credit' as const, reversesTransactionId: 'e' },
  ];
  expect(medianDebitMinor(windowFromLedger('CZK', rows))).toBe(10);
  expect(medianDebitMinor(windowFromLedger('CZK', rows.slice(1, 4)))).toBeNull();
});

function debit(transactionId: string, amountMinor: number): LedgerRow {
  return {
    transactionId,
    accountId: 'a1',
    occurredMs: 0,
    bookedMs: 0,
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
