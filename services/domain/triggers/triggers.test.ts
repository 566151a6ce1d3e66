import { expect, test } from 'vitest';
import type { LedgerRow } from '../bank/transaction.ts';
import { ledgerRow } from '../features/testing/rows.ts';
import { DEFAULT_TRIGGER_POLICY } from './policy.ts';
import { triggersOf } from './triggers.ts';

const euro = { currency: 'EUR', medianDebitMinor: () => 100 };
const of = (change: Partial<LedgerRow>, position = 1, context = euro) =>
  triggersOf(ledgerRow(change), position, context, DEFAULT_TRIGGER_POLICY);

test('an ordinary purchase is not scored', () => {
  expect(of({})).toEqual([]);
});

test('a failed transaction is scored', () => {
  expect(of({ status: 'failed' })).toEqual(['failed']);
});

test('over 5,000.00 EUR is large, 5,000.00 is not', () => {
  expect(of({ amountMinor: 500_001 })).toEqual(['large_amount']);
  expect(of({ amountMinor: 500_000 })).toEqual([]);
});

test('where the currency has no threshold, over ten times the median debit is large', () => {
  const crowns = { currency: 'CZK', medianDebitMinor: () => 200 };
  expect(of({ amountMinor: 2_001 }, 1, crowns)).toEqual(['large_amount']);
  expect(of({ amountMinor: 2_000 }, 1, crowns)).toEqual([]);
});

test('without threshold and without a median nothing is large', () => {
  expect(
    triggersOf(
      ledgerRow({ amountMinor: 1e13 }),
      1,
      { currency: 'CZK', medianDebitMinor: () => null },
      DEFAULT_TRIGGER_POLICY,
    ),
  ).toEqual([]);
});

test('cash withdrawn is scored, cash paid in is not', () => {
  expect(of({ channel: 'atm' })).toEqual(['cash_withdrawal']);
  expect(of({ channel: 'branch' })).toEqual(['cash_withdrawal']);
  expect(of({ channel: 'branch', direction: 'credit' })).toEqual([]);
});

test('utilities, rent and insurance are scored', () => {
  for (const category of ['utilities', 'rent', 'insurance'] as const) expect(of({ category })).toEqual(['category']);
});

test('every tenth ledger row is scored, and all reasons are told', () => {
  expect(of({}, 20)).toEqual(['periodic']);
  expect(of({ status: 'failed', category: 'rent' }, 30)).toEqual(['failed', 'category', 'periodic']);
});
