import { describe, expect, it } from 'vitest';
import { Declares } from '../../domain/bank/transaction.ts';
import type { Parsed } from './line.ts';
import { parseAccount, parseLoan, parseTransaction } from './mapping.ts';

function value<T>(parsed: Parsed<T>): T {
  if (parsed.kind === 'bad') throw new Error(parsed.problem);
  return parsed.value;
}

const line = (type: string, operation: string, symbol: string, partner = '"";0'): string =>
  `901;42;950228;"${type}";"${operation}";1234.50;-99.90;"${symbol}";${partner}`;

describe('a transaction line', () => {
  it('is a settled row of its day, with the balance after it', () => {
    const { customerId, transactionId, row } = value(
      parseTransaction(line('VYDAJ', 'PREVOD NA UCET', 'SIPO', '"YZ";77')),
    );
    expect(customerId).toBe('berka-42');
    expect(transactionId).toBe('901');
    expect(row).toMatchObject({
      accountId: '42',
      occurredMs: Date.UTC(1995, 1, 28),
      timePrecision: 'day',
      direction: 'debit',
      status: 'settled',
      amountMinor: 123_450,
      balanceAfterMinor: -9_990,
      counterpartyId: 'YZ-77',
      merchantId: null,
    });
  });

  it.each([
    ['PRIJEM', 'VKLAD', '', 'credit', 'branch', 'cash'],
    ['VYDAJ', 'VYBER', '', 'debit', 'branch', 'cash'],
    ['VYBER', 'VYBER', '', 'debit', 'branch', 'cash'],
    ['VYDAJ', 'VYBER KARTOU', '', 'debit', 'card', 'unknown'],
    ['PRIJEM', 'PREVOD Z UCTU', '', 'credit', 'transfer', 'unknown'],
    ['PRIJEM', 'PREVOD Z UCTU', 'DUCHOD', 'credit', 'transfer', 'benefit'],
    ['VYDAJ', 'PREVOD NA UCET', 'SIPO', 'debit', 'transfer', 'rent'],
    ['VYDAJ', 'VYBER', 'SIPO', 'debit', 'branch', 'rent'],
    ['VYDAJ', 'PREVOD NA UCET', 'POJISTNE', 'debit', 'transfer', 'insurance'],
    ['VYDAJ', 'PREVOD NA UCET', 'UVER', 'debit', 'transfer', 'loan'],
    ['VYDAJ', 'VYBER', 'SLUZBY', 'debit', 'internal', 'fee'],
    ['VYDAJ', 'VYBER', 'SANKC. UROK', 'debit', 'internal', 'overdraft_charge'],
    ['PRIJEM', '', 'UROK', 'credit', 'internal', 'interest'],
  ])('%s / %s / %s is a %s by %s for %s', (type, operation, symbol, direction, channel, category) => {
    expect(value(parseTransaction(line(type, operation, symbol))).row).toMatchObject({ direction, channel, category });
  });

  it('declares what the feed tells and nothing else', () => {
    const { row } = value(parseTransaction(line('PRIJEM', 'VKLAD', '')));
    expect(row.declares).toBe(Declares.billCategory | Declares.overdraftCharges | Declares.channel);
  });

  it.each([
    ['901;42;950228', '3 fields, expected 10'],
    [line('DEPOSIT', 'VKLAD', ''), 'type is "DEPOSIT": no known code'],
    [line('PRIJEM', 'SOMEHOW', ''), 'operation is "SOMEHOW": no known code'],
    [line('PRIJEM', 'VKLAD', 'SIPOX'), 'k_symbol is "SIPOX": no known code'],
    [line('PRIJEM', 'VKLAD', '').replace('950228', '950229'), 'date is "950229": no such date'],
    [line('PRIJEM', 'VKLAD', '').replace('1234.50', '1234.505'), 'expected an amount with at most two decimals'],
    [line('PRIJEM', 'VKLAD', '').replace('1234.50', '0.00'), 'amount is "0.00": out of bounds'],
    [line('PRIJEM', 'VKLAD', '').replace('901', 'x'), 'trans_id is "x"'],
    [line('PRIJEM', 'VKLAD', '').replace('"PRIJEM"', '"PRIJEM'), 'field 4 has an unmatched quote'],
  ])('that is malformed is told why: %s', (text, problem) => {
    expect(parseTransaction(text)).toEqual({ kind: 'bad', problem: expect.stringContaining(problem) });
  });
});

describe('the other files', () => {
  it('have accounts and loans, with how they ended', () => {
    expect(value(parseAccount('42;5;"POPLATEK MESICNE";930301'))).toEqual({ accountId: '42', openedDay: 8460 });
    expect(value(parseLoan('6;42;960501;120000;24;5000.00;"D"'))).toMatchObject({
      customerId: 'berka-42',
      amountMinor: 12_000_000,
      paymentMinor: 500_000,
      durationMonths: 24,
      status: 'D',
    });
    expect(parseLoan('6;42;960501;120000;24;5000.00;"E"').kind).toBe('bad');
  });
});
