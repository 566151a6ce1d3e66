import { describe, expect, test } from 'vitest';
import { Declares, type LedgerRow } from '../../bank/transaction.ts';
import { DAY_MS } from '../../calendar/days.ts';
import { observeAsOf } from '../as-of.ts';
import { CATALOGUE } from '../catalogue.ts';
import { ago, D } from '../testing/examples.ts';
import { obligationWith, profileWith } from '../testing/rows.ts';
import { SILENCES, type Silence } from './silences.ts';

/** Half a year of someone of whom everything is known: pay, rent, shops, cash, at known hours and with a balance each time. */
const ROWS: readonly LedgerRow[] = Array.from({ length: 180 }, (_, i) => 180 - i).flatMap((days) => [
  ...(days % 30 === 0
    ? [ago(days, { direction: 'credit', amountMinor: 300_000, category: 'salary', ...balance(days) })]
    : []),
  ...(days % 30 === 25
    ? [ago(days, { amountMinor: 80_000, category: 'rent', obligationId: 'rent', ...balance(days) })]
    : []),
  ...(days % 7 === 3 ? [ago(days, { amountMinor: 5_000, channel: 'atm', category: 'cash', ...balance(days) })] : []),
  ago(days, { merchantId: `m${days % 5}`, category: days % 2 === 0 ? 'dining' : 'groceries', ...balance(days) }),
]);
const PROFILE = profileWith({
  obligations: [obligationWith({ amountMinor: 80_000, firstDueDay: D - 175, interval: { kind: 'months', months: 1 } })],
});

function balance(days: number): Partial<LedgerRow> {
  return { balanceAfterMinor: 100_000 + 1_000 * (days % 30) };
}

/** What the vector of a bank that does not tell it lacks. */
const SILENT: Readonly<Record<Silence, () => readonly string[]>> = {
  ...(Object.fromEntries(
    Object.entries(Declares).map(([name, bit]) => [
      name,
      () => unknownOf(ROWS.map((row) => ({ ...row, declares: 63 & ~bit }))),
    ]),
  ) as Record<keyof typeof Declares, () => readonly string[]>),
  timeOfDay: () => unknownOf(ROWS.map((row) => ({ ...row, timePrecision: 'day' as const }))),
  balances: () => unknownOf(ROWS.map((row) => ({ ...row, balanceAfterMinor: null }))),
  moneyUnit: () => unknownOf(ROWS, PROFILE, 'XTS'),
  obligations: () => unknownOf(ROWS, null),
};

function unknownOf(
  rows: readonly LedgerRow[],
  profile: typeof PROFILE | null = PROFILE,
  currency = 'EUR',
): readonly string[] {
  const { values } = observeAsOf(currency, rows, profile, (D + 1) * DAY_MS - 1)!;
  return CATALOGUE.filter(({ group }, i) => group !== 'derived' && Number.isNaN(values[i])).map(({ name }) => name);
}

test('of a bank that tells everything, everything is known', () => {
  expect(unknownOf(ROWS)).toEqual([]);
});

describe('what a silent feed leaves unknown', () => {
  test.each(Object.keys(SILENCES) as Silence[])('%s', (silence) => {
    expect(SILENT[silence]()).toEqual(SILENCES[silence]);
  });
});
