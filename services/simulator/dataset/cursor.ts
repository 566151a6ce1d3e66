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
  const undone = positionsOfUndone(rows);
  const learn = (row: LedgerRow): void => {
    known++;
    const appended = appendRow(window, row, originalOf(row, undone, known));
    if (appended.kind === 'stale') window = windowFromLedger(currency, rows.slice(0, known));
  };
  return {
    observeAt(profile, atMs) {
      if (known === 0) {
        // Whole at once is a fraction of row by row.
        while (known < rows.length && rows[known]!.bookedMs <= atMs) known++;
        window = windowFromLedger(currency, rows.slice(0, known));
      }
      for (let row = rows[known]; row !== undefined && row.bookedMs <= atMs; row = rows[known]) learn(row);
      if (known === 0) return null;
      return observe(window, profile, atMs) ?? observeAsOf(currency, rows.slice(0, known), profile, atMs);
    },
  };
}

/** Ledger position of the row that a reversal undoes; null: it is not known yet, or this is no reversal. */
function originalOf(row: LedgerRow, undone: ReadonlyMap<string, number>, known: number): number | null {
  if (row.reversesTransactionId === null) return null;
  const position = undone.get(row.reversesTransactionId);
  return position === undefined || position > known ? null : position;
}

/** Positions of the rows that another row undoes at some time, from 1. */
function positionsOfUndone(rows: readonly LedgerRow[]): ReadonlyMap<string, number> {
  const wanted = new Set<string>();
  for (const row of rows) if (row.reversesTransactionId !== null) wanted.add(row.reversesTransactionId);
  const positions = new Map<string, number>();
  if (wanted.size === 0) return positions;
  for (const [i, row] of rows.entries()) if (wanted.has(row.transactionId)) positions.set(row.transactionId, i + 1);
  return positions;
}
