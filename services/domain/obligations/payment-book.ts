import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { dayOf } from '../calendar/days.ts';
import { isReversal } from '../features/records.ts';
import {
  kindOfCategory,
  type PaymentList,
  type Settlement,
  settle,
  targetOfKind,
  UNSEEN_PAYMENT_DAYS,
} from './settle.ts';

/**
 * A customer's whole ledger, read once for what settles dues: payments, what undoes them, and where the local date changes. Any
 * part of it, as of a moment or up to a date, is then settled without passing over the ledger again.
 */
export interface PaymentBook {
  /** The local date of t, by the offset of the latest row known then (ties: the last learned); UTC before the first. */
  dateAt(atMs: number): number;
  /** Dues of the profile up to a date, with what the rows that are seen pay of them. */
  settle(profile: Profile | null, isSeen: Seen, toDay: number): Settlement;
  /** The last date up to `lastDay` on which a row undid another; minus infinity: none did. */
  lastUndoingUntil(lastDay: number): number;
}

/** What of a row decides whether it is seen. */
interface Dated {
  /** Its local date. */
  readonly day: number;
  readonly occurredMs: number;
  /** When it was learned: booked, and never after a later row of the ledger. */
  readonly learnedMs: number;
}

export type Seen = (row: Dated) => boolean;

/** What had occurred and was learned by t. */
export function isSeenAt(atMs: number): Seen {
  return (row) => row.learnedMs <= atMs && row.occurredMs <= atMs;
}

/** What bears a date up to `lastDay`, whenever it was learned. */
export function isSeenUntil(lastDay: number): Seen {
  return (row) => row.day <= lastDay;
}

/** Settled, no reversal. */
interface Entry extends Dated {
  readonly undoneBy: readonly Dated[];
}

interface Payment extends Entry {
  readonly amountMinor: number;
  readonly obligationId: string | null;
  readonly kindTarget: number | null;
}

/** @param rows in ledger order */
export function createPaymentBook(rows: readonly LedgerRow[]): PaymentBook {
  const dated = datedRows(rows);
  const reversals = dated.filter(({ row }) => isReversal(row));
  const undoing = byOriginal(reversals);
  const entries = dated
    .filter(({ row }) => row.status === 'settled' && row.reversesTransactionId === null)
    .map((one) => ({ ...one, undoneBy: undoing.get(one.row.transactionId) ?? [] }))
    .sort((a, b) => a.day - b.day || a.occurredMs - b.occurredMs);
  const payments = entries.flatMap(paymentOf);
  const byTime = dated.toSorted((a, b) => a.occurredMs - b.occurredMs);
  return {
    dateAt(atMs) {
      const isSeen = isSeenAt(atMs);
      let latest = countUntil(byTime, atMs) - 1;
      while (latest >= 0 && !isSeen(byTime[latest]!)) latest--;
      return dayOf(atMs, byTime[latest]?.row.utcOffsetMinutes ?? 0);
    },
    settle(profile, isSeen, toDay) {
      const first = entries.find((entry) => isSeen(entry) && !entry.undoneBy.some(isSeen));
      const obligations = first === undefined ? [] : (profile?.obligations ?? []);
      const fromDay = first === undefined ? Number.POSITIVE_INFINITY : first.day + UNSEEN_PAYMENT_DAYS;
      return settle(obligations, paymentList(payments, profile, isSeen), fromDay, toDay);
    },
    lastUndoingUntil: (lastDay) =>
      reversals.reduce((last, { day }) => (day <= lastDay ? Math.max(last, day) : last), Number.NEGATIVE_INFINITY),
  };
}

function datedRows(rows: readonly LedgerRow[]) {
  let learnedMs = Number.POSITIVE_INFINITY;
  return rows
    .toReversed()
    .map((row) => {
      learnedMs = Math.min(learnedMs, row.bookedMs);
      const { occurredMs } = row;
      return { row, day: dayOf(occurredMs, row.utcOffsetMinutes), occurredMs, learnedMs };
    })
    .reverse();
}

/** Reversals by the row that they undo. */
function byOriginal(reversals: readonly (Dated & { readonly row: LedgerRow })[]): ReadonlyMap<string, Dated[]> {
  const undoing = new Map<string, Dated[]>();
  for (const reversal of reversals) {
    const original = reversal.row.reversesTransactionId ?? '';
    const same = undoing.get(original);
    if (same === undefined) undoing.set(original, [reversal]);
    else same.push(reversal);
  }
  return undoing;
}

function paymentOf({ row, ...entry }: Entry & { readonly row: LedgerRow }): Payment[] {
  const obligationId = row.obligationId === '' ? null : row.obligationId;
  const kind = kindOfCategory(row.category);
  if (row.direction !== 'debit' || row.ownTransfer || (obligationId === null && kind === null)) return [];
  return [
    { ...entry, amountMinor: row.amountMinor, obligationId, kindTarget: kind === null ? null : targetOfKind(kind) },
  ];
}

/** How many rows occurred by t, of rows in order of time. */
function countUntil(rows: readonly Dated[], atMs: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.occurredMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function paymentList(payments: readonly Payment[], profile: Profile | null, isSeen: Seen): PaymentList {
  const indexOf = obligationIndex(profile);
  const day: number[] = [];
  const amountMinor: number[] = [];
  const target: number[] = [];
  for (const payment of payments) {
    if (!isSeen(payment) || payment.undoneBy.some(isSeen)) continue;
    const to = payment.obligationId === null ? payment.kindTarget : indexOf.get(payment.obligationId);
    if (to === undefined || to === null) continue;
    day.push(payment.day);
    amountMinor.push(payment.amountMinor);
    target.push(to);
  }
  return { count: day.length, day, amountMinor, target };
}

/** The first of an id counts. */
function obligationIndex(profile: Profile | null): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (const [i, { obligationId }] of (profile?.obligations ?? []).entries()) {
    if (!index.has(obligationId)) index.set(obligationId, i);
  }
  return index;
}
