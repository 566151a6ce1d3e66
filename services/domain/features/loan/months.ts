/** Months of 30 days that end with the day before the grant: whole ones only, the latest first, at most twelve. */
import { isOfTheBank, type LoanHistory } from './history.ts';

export const MONTH_DAYS = 30;
const MOST_MONTHS = 12;

export interface LoanMonth {
  /** First day of the month; it ends 30 days later, exclusive. */
  readonly fromDay: number;
  /** Credits but what the bank books by itself, minor units. */
  readonly incomeMinor: number;
  /** All debits, minor units. */
  readonly outflowMinor: number;
  /** Lowest close, minor units; NaN where none is known. */
  readonly lowestMinor: number;
}

/** Months that begin at or after the first entry. */
export function loanMonths(history: LoanHistory): readonly LoanMonth[] {
  const months: LoanMonth[] = [];
  for (let month = 1; month <= MOST_MONTHS; month++) {
    const fromDay = history.grantDay - month * MONTH_DAYS;
    if (fromDay < history.firstDay) break;
    months.push(monthFrom(history, fromDay));
  }
  return months;
}

function monthFrom({ entries, closes, firstDay }: LoanHistory, fromDay: number): LoanMonth {
  let incomeMinor = 0;
  let outflowMinor = 0;
  for (const { day, row } of entries) {
    if (day < fromDay || day >= fromDay + MONTH_DAYS || row.ownTransfer) continue;
    if (row.direction === 'debit') outflowMinor += row.amountMinor;
    else if (!isOfTheBank(row)) incomeMinor += row.amountMinor;
  }
  const days = closes.subarray(fromDay - firstDay, fromDay - firstDay + MONTH_DAYS);
  return { fromDay, incomeMinor, outflowMinor, lowestMinor: Math.min(...days) };
}
