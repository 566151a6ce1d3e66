import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { type Fold, NO_FOLD } from './fold.ts';
import { foldOldest } from './folding.ts';
import { recordsOf, type WaitingReversal } from './ledger-records.ts';
import { emptyNames, type Names } from './names.ts';
import { observeLedger } from './observation.ts';
import {
  dateOf,
  emptyRecords,
  indexOfPosition,
  insertRecord,
  isReversal,
  markReversed,
  type Records,
} from './records.ts';
import type { Observation } from './types.ts';

/**
 * A customer's window: what the engine keeps in memory of a ledger so that each new row gets its vector at once. Opaque to
 * callers; its maker is {@link emptyWindow}, {@link windowFromLedger} or decodeWindow.
 *
 * Invariants: it answers with the bits that observeAsOf gives from the first `position` rows, or not at all; how it was made
 * (appended, rebuilt, decoded) changes no bit.
 */
export interface CustomerWindow {
  readonly currency: string;
  /** n: ledger rows known. */
  position: number;
  records: Records;
  readonly names: Names;
  fold: Fold;
  /** Pairs of the ledger position of a record that is undone, and when. */
  reversals: readonly number[];
  waiting: readonly WaitingReversal[];
}

export type Appended =
  | { readonly kind: 'appended' }
  /** The window is unchanged: make it anew with windowFromLedger, from the ledger's rows with this one at their end. */
  | { readonly kind: 'stale'; readonly why: 'older-than-fold' | 'original-unknown' | 'original-folded' };

const APPENDED: Appended = { kind: 'appended' };

/** Lists of nothing are one for all windows; a list that changes is made anew. */
const NONE: readonly never[] = [];

export function emptyWindow(currency: string): CustomerWindow {
  return {
    currency,
    position: 0,
    records: emptyRecords(0),
    names: emptyNames(),
    fold: NO_FOLD,
    reversals: NONE,
    waiting: NONE,
  };
}

/** From the customer's whole ledger, in the order the engine learned of it. */
export function windowFromLedger(currency: string, rows: readonly LedgerRow[]): CustomerWindow {
  const { records, names, fold, reversals, waiting } = recordsOf(rows);
  const window: CustomerWindow = { currency, position: rows.length, records, names, fold, reversals, waiting };
  foldOldest(window);
  return window;
}

/**
 * Adds the next row of the ledger, at position + 1. Rows must be unique, and no reversal of a reversal.
 *
 * A reversal needs `originalPosition`, the ledger position of the row it undoes, or null if the ledger has no such row (yet):
 * the window keeps no ids. Left out, a reversal answers stale. A late row or original that is folded answers stale.
 */
export function appendRow(window: CustomerWindow, row: LedgerRow, originalPosition?: number | null): Appended {
  const appended = appendUnfolded(window, row, originalPosition);
  if (appended.kind === 'appended') foldOldest(window);
  return appended;
}

/** The same, and nothing is folded: the window goes on answering for every t that it did answer for. */
export function appendUnfolded(window: CustomerWindow, row: LedgerRow, originalPosition?: number | null): Appended {
  if (dateOf(row) < window.fold.boundaryDay) return { kind: 'stale', why: 'older-than-fold' };
  const reversal = isReversal(row);
  if (reversal && originalPosition === undefined) return { kind: 'stale', why: 'original-unknown' };
  if (reversal && originalPosition != null && !undo(window, originalPosition, row.occurredMs)) {
    return { kind: 'stale', why: 'original-folded' };
  }
  window.position++;
  const index = insertRecord(window.records, window.names, row, window.position);
  if (reversal && originalPosition == null) {
    const waiting = { transactionId: row.reversesTransactionId!, occurredMs: row.occurredMs };
    window.waiting = window.waiting.concat(waiting);
  }
  claimWaiting(window, row.transactionId, index);
  return APPENDED;
}

/**
 * The vector at (t, n, v); n is the window's position, and any other n answers null. Null too where the window cannot know:
 * no row at or before t, or t lies too far back behind the latest row. Then observeAsOf says which.
 */
export function observe(
  window: CustomerWindow,
  profile: Profile | null,
  atMs: number,
  ledgerPosition: number = window.position,
): Observation | null {
  if (ledgerPosition !== window.position) return null;
  const observed = observeLedger(window, window.currency, window.position, profile, atMs);
  return typeof observed === 'string' ? null : observed;
}

/** Marks the record at a position as undone from an instant on; false: it is no record of the window. */
function undo(window: CustomerWindow, position: number, occurredMs: number): boolean {
  const index = indexOfPosition(window.records, position);
  if (index < 0) return false;
  markUndone(window, index, position, occurredMs);
  return true;
}

function markUndone(window: CustomerWindow, index: number, position: number, occurredMs: number): void {
  markReversed(window.records, index);
  const at = window.reversals.findIndex((one, i) => i % 2 === 0 && one === position);
  if (at < 0) window.reversals = window.reversals.concat([position, occurredMs]);
  else window.reversals = window.reversals.with(at + 1, Math.min(window.reversals[at + 1]!, occurredMs));
}

/** A row that a reversal has waited for is undone as soon as it is known. */
function claimWaiting(window: CustomerWindow, transactionId: string, index: number): void {
  if (window.waiting.length === 0) return;
  for (const reversal of window.waiting) {
    if (reversal.transactionId === transactionId) markUndone(window, index, window.position, reversal.occurredMs);
  }
  window.waiting = window.waiting.filter((reversal) => reversal.transactionId !== transactionId);
}
