import type { LedgerRow } from '../bank/transaction.ts';
import { reversedAtMs } from './history.ts';
import {
  amountAt,
  DEBIT,
  dateOf,
  dayAt,
  FAILED,
  flagsAt,
  isReversal,
  OWN_TRANSFER,
  occurredMsAt,
  positionAt,
  REVERSAL,
  REVERSED,
} from './records.ts';
import type { CustomerWindow } from './window.ts';

/**
 * The customer's median debit, minor units: of the debits that are flows on the last 90 dates up to that of the row observed.
 * Triggers need it where a currency has no threshold. Null: there is none.
 */
export function medianDebitMinor(window: CustomerWindow, row: LedgerRow): number | null {
  const { records, names, reversals } = window;
  const today = dateOf(row);
  const amounts: number[] = [];
  for (let i = 0; i < records.count; i++) {
    const flags = flagsAt(records, i);
    const day = dayAt(records, i);
    if (day < today - 89 || day > today) continue;
    if ((flags & DEBIT) === 0 || (flags & (FAILED | REVERSAL | OWN_TRANSFER)) !== 0) continue;
    if (occurredMsAt(records, names, i) > row.occurredMs) continue;
    if (flags & REVERSED && reversedAtMs(reversals, positionAt(records, i)) <= row.occurredMs) continue;
    amounts.push(amountAt(records, i));
  }
  return medianOf(amounts);
}

/** The same from the ledger itself, `rows` being the first n: for a row that the window's fold has passed. */
export function medianDebitAsOf(rows: readonly LedgerRow[], row: LedgerRow): number | null {
  const counted = rows.filter((one) => one.occurredMs <= row.occurredMs);
  const undone = new Set(counted.filter(isReversal).map((one) => one.reversesTransactionId));
  const today = dateOf(row);
  const amounts = counted
    .filter((one) => one.direction === 'debit' && one.status === 'settled' && !one.ownTransfer && !isReversal(one))
    .filter((one) => !undone.has(one.transactionId) && dateOf(one) >= today - 89 && dateOf(one) <= today)
    .map((one) => one.amountMinor);
  return medianOf(amounts);
}

function medianOf(amounts: number[]): number | null {
  if (amounts.length === 0) return null;
  amounts.sort((a, b) => a - b);
  return (amounts[(amounts.length - 1) >> 1]! + amounts[amounts.length >> 1]!) / 2;
}
