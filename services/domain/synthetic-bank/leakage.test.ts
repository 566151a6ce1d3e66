import { describe, expect, it } from 'vitest';
import { generateCustomer } from './generate.ts';
import { isMissed } from './measure.ts';
import { DEFAULT_PARAMETERS as p } from './parameters.ts';

/** Customers with whether anything was ever missed, and what of their ids and order could tell it. */
const people = Array.from({ length: 400 }, (_, index) => {
  const { customerId, rows, truth } = generateCustomer(p, { seed: 11, index, months: 10 });
  // Machines give notes: cash is the one amount that is round.
  const cents = rows.filter((row) => row.category !== 'cash').map((row) => row.amountMinor % 10);
  return {
    missed: truth.dues.some(isMissed),
    clues: {
      order: index,
      customer: Number.parseInt(customerId.slice(0, 8), 16),
      firstTransaction: Number.parseInt(rows[0]?.transactionId.slice(0, 8) ?? '0', 16),
      account: Number.parseInt(rows[0]?.accountId.slice(0, 8) ?? '0', 16),
      lastDigit: cents.reduce((sum, digit) => sum + digit, 0) / cents.length,
    },
  };
});

describe('ids, order and digits', () => {
  const missed = people.filter((one) => one.missed);
  const kept = people.filter((one) => !one.missed);

  it('are compared over enough of both', () => {
    expect(missed.length).toBeGreaterThan(40);
    expect(kept.length).toBeGreaterThan(40);
  });

  it.each(['order', 'customer', 'firstTransaction', 'account', 'lastDigit'] as const)('tell nothing by %s', (clue) => {
    const auc = aucOf(
      missed.map((one) => one.clues[clue]),
      kept.map((one) => one.clues[clue]),
    );
    // Four standard errors of the AUC without any signal (Hanley and McNeil).
    const error = Math.sqrt((missed.length + kept.length + 1) / (12 * missed.length * kept.length));
    expect(Math.abs(auc - 0.5)).toBeLessThan(4 * error);
  });
});

/** Chance that one of the first is larger than one of the second; ties count half. */
function aucOf(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const a of first) for (const b of second) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (first.length * second.length);
}
