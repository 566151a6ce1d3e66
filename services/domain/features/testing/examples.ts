import type { Profile } from '../../bank/profile.ts';
import type { LedgerRow } from '../../bank/transaction.ts';
import { DAY_MS } from '../../calendar/days.ts';
import { observeAsOf } from '../as-of.ts';
import { featureIndex } from '../catalogue.ts';
import { ledgerRow, START } from './rows.ts';

/** The observed date of the examples: 2024-04-29, a Monday. R = 03-31...04-29, B = 01-31...03-30. */
export const D = START + 119;

/** Days before D. */
export function ago(days: number, change: Partial<LedgerRow> = {}): LedgerRow {
  return ledgerRow({ transactionId: `d${days}-${ids++}`, day: D - days, ...change });
}
let ids = 0;

/** An entry of 1 cent a year before D that makes every window fully observed and takes no part in it. */
export function longAgo(change: Partial<LedgerRow> = {}): LedgerRow {
  return ago(365, { amountMinor: 1, category: 'other', ...change });
}

/** The value at the last instant of D, in the order of positions given. */
export function featureOf(
  name: string,
  rows: readonly LedgerRow[],
  profile: Profile | null = null,
  currency = 'EUR',
): number {
  return observeAsOf(currency, rows, profile, (D + 1) * DAY_MS - 1)!.values[featureIndex(name)]!;
}
