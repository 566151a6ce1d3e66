import type { Profile } from '../../domain/bank/profile.ts';
import type { LedgerRow } from '../../domain/bank/transaction.ts';
import { observeAsOf } from '../../domain/features/as-of.ts';
import type { Observation } from '../../domain/features/types.ts';
import {
  appendRow,
  type CustomerWindow,
  emptyWindow,
  observe,
  windowFromLedger,
} from '../../domain/features/window.ts';

/**
 * Walks a customer's ledger forward in time with the window of the live path, so that a vector costs its window and not the
 * whole ledger. Where the window cannot answer, the as-of path does: both give the same bits.
 */
export interface Cursor {
  /** The vector at t from what was booked by then; null: no row had occurred. Times must not go back. */
  observeAt(profile: Profile | null, atMs: number): Observation | null;
}

/** @param rows the whole ledger, in booking order */
export function createCursor(currency: string, rows: readonly LedgerRow[]): Cursor {
  let window: CustomerWindow = emptyWindow(currency);
  let known = 0;
  const positions = new Map<string, number>();
  const learn = (row: LedgerRow): void => {
    known++;
    positions.set(row.transactionId, known);
    const original = row.reversesTransactionId === null ? null : (positions.get(row.reversesTransactionId) ?? null);
    const appended = row.reversesTransactionId === null ? appendRow(window, row) : appendRow(window, row, original);
    if (appended.kind === 'stale') window = windowFromLedger(currency, rows.slice(0, known));
  };
  return {
    observeAt(profile, atMs) {
      for (let row = rows[known]; row !== undefined && row.bookedMs <= atMs; row = rows[known]) learn(row);
      if (known === 0) return null;
      return observe(window, profile, atMs) ?? observeAsOf(currency, rows.slice(0, known), profile, atMs);
    },
  };
}
