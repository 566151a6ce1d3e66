import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { dayOf } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { foldBefore, foldOldest, LONGEST_RECORD_DATES, RECORD_DATES } from './folding.ts';
import { medianDebitAsOf, medianDebitMinor } from './median-debit.ts';
import { observeLedger } from './observation.ts';
import { dateOf, dayAt, indexOfPosition, isReversal, occurredMsAt } from './records.ts';
import { decodeWindow, encodeWindow } from './snapshot.ts';
import type { Observation } from './types.ts';
import { appendUnfolded, type CustomerWindow, emptyWindow, windowFromLedger } from './window.ts';

/**
 * A customer's ledger whose oldest rows may be gone (DESIGN section 4): their *base*, a window over them, stands for them. It is folded
 * as little as makes everything that is kept answer with the bits that the whole ledger gives: every t from `keptFromMs` on, with every
 * n from the base's position on, and every row that is yet to come and occurred from then on.
 *
 * Unlike a snapshot, a base cannot be made again: what it stands for is nowhere else.
 */
export interface KeptLedger {
  readonly currency: string;
  /** Of the first rows, as bytes; null: no row is gone. */
  readonly base: Uint8Array | null;
  /** Rows behind the base, in the order the engine learned of them. */
  readonly rows: readonly LedgerRow[];
  /** Ledger position of a row that is gone, by transaction. */
  readonly goneAt: (transactionId: string) => number | null;
}

/** Dates before keptFromMs that stay records: what a vector looks back on, a week for its velocity, and a day for any offset. */
const DATES_BEFORE = RECORD_DATES + 8;

/**
 * observeAsOf over what is kept, all its rows known.
 *
 * @returns null: no row occurred at or before t; 'gone': what t looks back on is not kept
 */
export function observeKept(ledger: KeptLedger, profile: Profile | null, atMs: number): Observation | 'gone' | null {
  if (ledger.base === null) return observeAsOf(ledger.currency, ledger.rows, profile, atMs);
  const window = unfolded(ledger);
  if (window === null) return 'gone';
  const observed = observeLedger(window, ledger.currency, window.position, profile, atMs);
  if (observed === 'no-row') return window.fold.rows === 0 ? null : 'gone';
  return observed === 'folded-away' ? 'gone' : observed;
}

/** windowFromLedger over what is kept; null: a row would need one that is gone. */
export function windowFromKept(ledger: KeptLedger): CustomerWindow | null {
  if (ledger.base === null) return windowFromLedger(ledger.currency, ledger.rows);
  const window = unfolded(ledger);
  if (window !== null) foldOldest(window);
  return window;
}

/** medianDebitAsOf over what is kept; `row` is the last of its rows. */
export function medianDebitKept(ledger: KeptLedger, row: LedgerRow): number | null {
  if (ledger.base === null) return medianDebitAsOf(ledger.rows, row);
  const window = unfolded(ledger);
  return window === null ? null : medianDebitMinor(window, row);
}

/**
 * The base once the first `count` of the rows are gone too.
 *
 * @param keptFromMs from when on everything is to be answered; not before the base's own
 */
export function nextBase(ledger: KeptLedger, count: number, keptFromMs: number): Uint8Array {
  const window = unfolded({ ...ledger, rows: ledger.rows.slice(0, count) });
  if (window === null) throw new Error('the rows of a ledger do not follow on its base');
  const boundaryDay = Math.min(
    dayAt(window.records, window.records.count - 1) - LONGEST_RECORD_DATES,
    dayOf(keptFromMs, 0) - DATES_BEFORE,
    ...ledger.rows.slice(count).map(dateOf),
    ...daysOfUndone(window, ledger, count, keptFromMs),
  );
  if (dayAt(window.records, 0) < boundaryDay) foldBefore(window, boundaryDay);
  return encodeWindow(window);
}

/** When the row at a position occurred, as a base tells it; null: it has folded it, or stands for no such row. */
export function occurredInBase(base: Uint8Array, position: number): number | null {
  const { records, names } = readBase(base);
  const index = indexOfPosition(records, position);
  return index < 0 ? null : occurredMsAt(records, names, index);
}

/** Dates of records that a later row undoes, or that were undone only after some t that is to be answered. */
function daysOfUndone(window: CustomerWindow, ledger: KeptLedger, count: number, keptFromMs: number): number[] {
  const { rows } = ledger;
  const first = window.position - count + 1;
  const position = new Map(rows.slice(0, count).map((row, i) => [row.transactionId, first + i]));
  const originals = rows.slice(count).filter(isReversal);
  const undone = originals.map(({ reversesTransactionId: id }) => position.get(id!) ?? ledger.goneAt(id!) ?? 0);
  for (let i = 0; i < window.reversals.length; i += 2) {
    if (window.reversals[i + 1]! >= keptFromMs) undone.push(window.reversals[i]!);
  }
  return undone.flatMap((one) => {
    const index = indexOfPosition(window.records, one);
    return index < 0 ? [] : [dayAt(window.records, index)];
  });
}

/** Base and rows as one window with nothing folded beyond the base; null: a row does not fit on it. */
function unfolded({ currency, base, rows, goneAt }: KeptLedger): CustomerWindow | null {
  const window = base === null ? emptyWindow(currency) : readBase(base);
  const first = window.position + 1;
  const positions = new Map(rows.map((row, i) => [row.transactionId, first + i]));
  for (const [i, row] of rows.entries()) {
    const original = originalBefore(row, first + i, positions, goneAt);
    if (appendUnfolded(window, row, original).kind !== 'appended') return null;
  }
  return window;
}

/** Position of what a row undoes, if it came before. */
function originalBefore(
  row: LedgerRow,
  position: number,
  positions: ReadonlyMap<string, number>,
  goneAt: KeptLedger['goneAt'],
): number | null {
  if (!isReversal(row)) return null;
  const original = positions.get(row.reversesTransactionId!) ?? goneAt(row.reversesTransactionId!);
  return original !== null && original < position ? original : null;
}

function readBase(base: Uint8Array): CustomerWindow {
  const window = decodeWindow(base);
  if (window === null) throw new Error('the base of a ledger cannot be read');
  return window;
}
