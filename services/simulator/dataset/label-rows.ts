import type { LedgerRow } from '../../domain/bank/transaction.ts';
import { kindOfCategory } from '../../domain/obligations/settle.ts';

/**
 * The rows that can bear on a label: what pays or undoes, the first entry, and where the local offset changes. missLabelAt gives
 * the same from them as from the whole ledger, at a fraction of the cost (tested).
 */
export function labelRowsOf(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  const byTime = rows
    .map((row, position) => ({ row, position }))
    .sort((a, b) => a.row.occurredMs - b.row.occurredMs || a.position - b.position);
  const kept = new Set<number>();
  let firstEntryMs = Number.POSITIVE_INFINITY;
  byTime.forEach(({ row, position }, i) => {
    const changes = byTime[i - 1]?.row.utcOffsetMinutes !== row.utcOffsetMinutes;
    const pays = row.obligationId !== null || kindOfCategory(row.category) !== null;
    if (changes || pays || row.reversesTransactionId !== null) kept.add(position);
    // A few days of the beginning, in case the very first entries are undone later.
    if (row.status === 'settled') firstEntryMs = Math.min(firstEntryMs, row.occurredMs);
    if (row.occurredMs <= firstEntryMs + BEGINNING_MS) kept.add(position);
  });
  return rows.filter((_, position) => kept.has(position));
}

const BEGINNING_MS = 14 * 86_400_000;
