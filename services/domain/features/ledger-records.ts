import type { LedgerRow } from '../bank/transaction.ts';
import { NO_FOLD } from './fold.ts';
import type { KnownLedger } from './frame.ts';
import { emptyNames } from './names.ts';
import { dateOf, emptyRecords, insertRecord, isReversal, markReversed } from './records.ts';

/** A reversal whose original is not known yet. */
export interface WaitingReversal {
  readonly transactionId: string;
  readonly occurredMs: number;
}

export interface WholeLedger extends KnownLedger {
  readonly reversals: number[];
  readonly waiting: WaitingReversal[];
}

/** Every row as a record, nothing folded: sort once, write once. `rows` in ledger order, the n-th at position n. */
export function recordsOf(rows: readonly LedgerRow[]): WholeLedger {
  const records = emptyRecords(rows.length);
  const names = emptyNames();
  const reversals: number[] = [];
  const undoneAt = earliestReversals(rows);
  const positions = rows.map((_, index) => index + 1).sort((a, b) => inOrder(rows, a, b));
  for (const position of positions) {
    const row = rows[position - 1]!;
    const index = insertRecord(records, names, row, position);
    const undoneMs = undoneAt.get(row.transactionId);
    if (undoneMs === undefined) continue;
    markReversed(records, index);
    reversals.push(position, undoneMs);
    undoneAt.delete(row.transactionId);
  }
  const waiting = [...undoneAt].map(([transactionId, occurredMs]) => ({ transactionId, occurredMs }));
  return { records, names, fold: NO_FOLD, reversals, waiting };
}

/** (date, occurred time, position). */
function inOrder(rows: readonly LedgerRow[], a: number, b: number): number {
  const first = rows[a - 1]!;
  const second = rows[b - 1]!;
  return dateOf(first) - dateOf(second) || first.occurredMs - second.occurredMs || a - b;
}

/** By the id of the row that is undone: when the earliest reversal of it occurred. */
function earliestReversals(rows: readonly LedgerRow[]): Map<string, number> {
  const earliest = new Map<string, number>();
  for (const row of rows) {
    if (!isReversal(row)) continue;
    const id = row.reversesTransactionId!;
    earliest.set(id, Math.min(row.occurredMs, earliest.get(id) ?? Number.POSITIVE_INFINITY));
  }
  return earliest;
}
