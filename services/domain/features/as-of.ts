import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { recordsOf } from './ledger-records.ts';
import { observeLedger } from './observation.ts';
import type { Observation } from './types.ts';

/**
 * The vector at (t, n, v) from the ledger itself: the reference. `rows` are the customer's first n ledger rows in the order
 * the engine learned of them; `atMs` is t; `profile` is version v, or null for none. Null: no row occurred at or before t.
 *
 * Nothing is folded and nothing is kept: every call sorts the rows once and passes over them once.
 */
export function observeAsOf(
  currency: string,
  rows: readonly LedgerRow[],
  profile: Profile | null,
  atMs: number,
): Observation | null {
  const observed = observeLedger(recordsOf(rows), currency, rows.length, profile, atMs);
  if (observed === 'folded-away') throw new Error('a ledger without a fold answers for every t');
  return observed === 'no-row' ? null : observed;
}

/** n for a query that names only t: the last row learned by t (booking time, else occurred time); 0: none was. */
export function positionLearnedBy(rows: readonly LedgerRow[], atMs: number): number {
  let position = rows.length;
  while (position > 0 && rows[position - 1]!.bookedMs > atMs) position--;
  return position;
}

/** The profile that holds at t: the latest version with effectiveMs <= t; null: none. */
export function profileAt(profiles: readonly Profile[], atMs: number): Profile | null {
  let latest: Profile | null = null;
  for (const profile of profiles) {
    if (profile.effectiveMs <= atMs && (latest === null || profile.version > latest.version)) latest = profile;
  }
  return latest;
}
