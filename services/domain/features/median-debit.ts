import { DEBIT, FAILED, OWN_TRANSFER, REVERSAL, REVERSED } from './records.ts';
import type { CustomerWindow } from './window.ts';

/** Of these, a debit that is an entry and a flow has only the first. */
const KINDS = DEBIT | FAILED | REVERSAL | REVERSED | OWN_TRANSFER;

/**
 * Median amount of the debits that the window still holds row by row (settled, not undone, no own transfer), minor units; the mean
 * of the two middle ones where they are even in number. Null: there is none.
 */
export function medianDebitMinor({ records }: CustomerWindow): number | null {
  const amounts: number[] = [];
  for (let i = 0; i < records.count; i++) {
    if ((records.u32[8 * i + 4]! & KINDS) === DEBIT) amounts.push(records.f64[4 * i]!);
  }
  if (amounts.length === 0) return null;
  amounts.sort((a, b) => a - b);
  const middle = amounts.length >> 1;
  return amounts.length % 2 === 1 ? amounts[middle]! : (amounts[middle - 1]! + amounts[middle]!) / 2;
}
