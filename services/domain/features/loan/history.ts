/**
 * What a loan decision may look at: a customer's entries of the days before the grant, and the close of each of those days.
 * The day of the grant itself, and all later, is left out here and can reach no feature.
 *
 * An entry is settled and not reversed, as everywhere (FEATURES). A day's close is, of that day's balances, the nearest to the
 * previous close + the day's net (ties: the latest row): the order of rows within a day is often not the order of booking.
 */
import type { LedgerRow } from '../../bank/transaction.ts';
import { dayOf } from '../../calendar/days.ts';

export interface LoanHistory {
  /** By day, then in the order the engine learned of them; none on or after the grant's day. */
  readonly entries: readonly Entry[];
  readonly grantDay: number;
  /** Day of the first entry. */
  readonly firstDay: number;
  /** Day of the first debit; the day of the grant where there is none. */
  readonly firstDebitDay: number;
  /** Close of each day from firstDay to the day before the grant, minor units; NaN where no balance was known yet. */
  readonly closes: Float64Array;
}

export interface Entry {
  readonly day: number;
  readonly row: LedgerRow;
}

/** Null: nothing happened before the day of the grant. `rows` of one account, in the order the engine learned of them. */
export function loanHistory(rows: readonly LedgerRow[], grantDay: number): LoanHistory | null {
  const entries = entriesBefore(rows, grantDay);
  const firstDay = entries[0]?.day;
  if (firstDay === undefined) return null;
  const firstDebit = entries.find(({ row }) => row.direction === 'debit');
  return {
    entries,
    grantDay,
    firstDay,
    firstDebitDay: firstDebit?.day ?? grantDay,
    closes: dailyCloses(entries, firstDay, grantDay),
  };
}

function entriesBefore(rows: readonly LedgerRow[], grantDay: number): Entry[] {
  const dated = rows.map((row) => ({ day: dayOf(row.occurredMs, row.utcOffsetMinutes), row }));
  const known = dated.filter(({ day }) => day < grantDay);
  const reversed = new Set(known.map(({ row }) => row.reversesTransactionId));
  return known
    .filter(({ row }) => row.status === 'settled' && row.reversesTransactionId === null)
    .filter(({ row }) => !reversed.has(row.transactionId))
    .sort((a, b) => a.day - b.day);
}

function dailyCloses(entries: readonly Entry[], firstDay: number, grantDay: number): Float64Array {
  const closes = new Float64Array(grantDay - firstDay);
  let close = Number.NaN;
  let next = 0;
  for (let day = firstDay; day < grantDay; day++) {
    const from = next;
    while (next < entries.length && entries[next]!.day === day) next++;
    if (next > from) close = closeOf(entries.slice(from, next), close);
    closes[day - firstDay] = close;
  }
  return closes;
}

function closeOf(today: readonly Entry[], previous: number): number {
  const net = today.reduce((sum, { row }) => sum + signedMinor(row), 0);
  const expected = previous + net;
  let best = expected;
  let nearest = Number.POSITIVE_INFINITY;
  for (const { row } of today) {
    if (row.balanceAfterMinor === null) continue;
    const distance = Number.isNaN(previous) ? 0 : Math.abs(row.balanceAfterMinor - expected);
    if (distance > nearest) continue;
    nearest = distance;
    best = row.balanceAfterMinor;
  }
  return best;
}

/** Credits positive, debits negative. */
export function signedMinor(row: LedgerRow): number {
  return row.direction === 'credit' ? row.amountMinor : -row.amountMinor;
}

/** What the bank books by itself: no decision of the customer and no income. */
export function isOfTheBank(row: LedgerRow): boolean {
  return row.category === 'interest' || row.category === 'fee' || row.category === 'overdraft_charge';
}
