import type { Obligation, ObligationKind } from '../bank/profile.ts';
import type { Category } from '../bank/transaction.ts';
import { dueDates } from './due-dates.ts';

/**
 * Which due payments are paid, and when. Payments are applied in the order given: each goes to the dues of the obligation it
 * names, else of its kind, oldest due first (ties: the obligation listed first), and only to dues that fall due at most 15
 * days after it. What is left of it pays nothing. A payment that names an obligation the profile does not list pays nothing.
 *
 * Invariant: within an obligation dues are paid in order, so there is a prefix of paid dues and at most one paid in part.
 */

/** A payment counts for dues from this many days before they fall due. */
export const EARLIEST_PAYMENT_DAYS = 15;
/** Dues are counted from this many days after the first entry: before, a payment in advance could lie outside the history. */
export const UNSEEN_PAYMENT_DAYS = EARLIEST_PAYMENT_DAYS;
/** paidDay of a due that is not fully paid. */
export const UNPAID = Number.POSITIVE_INFINITY;

export const OBLIGATION_KINDS: readonly ObligationKind[] = [
  'rent',
  'utilities',
  'insurance',
  'loan',
  'card',
  'subscription',
];

const KIND_OF_CATEGORY: Partial<Record<Category, ObligationKind>> = {
  rent: 'rent',
  utilities: 'utilities',
  insurance: 'insurance',
  loan: 'loan',
  card_payment: 'card',
  subscription: 'subscription',
};

/** The kind of obligation that an entry of a category pays; null: none. */
export function kindOfCategory(category: Category): ObligationKind | null {
  return KIND_OF_CATEGORY[category] ?? null;
}

/** Payments in the order they are applied (date, occurred time, ledger position). */
export interface PaymentList {
  readonly count: number;
  /** Date of each. */
  readonly day: ArrayLike<number>;
  /** Amount of each, minor units. */
  readonly amountMinor: ArrayLike<number>;
  /** What each pays: from 0 an index into the obligations; below 0 a kind, as {@link targetOfKind} codes it. */
  readonly target: ArrayLike<number>;
}

/** How a payment that names no obligation is addressed to a kind. */
export function targetOfKind(kind: ObligationKind): number {
  return -1 - OBLIGATION_KINDS.indexOf(kind);
}

/** Every due date of a profile in a range, obligation after obligation, with what was paid of it. */
export interface Settlement {
  count: number;
  readonly dueDay: number[];
  readonly amountMinor: number[];
  readonly paidMinor: number[];
  /** The date on which it was fully paid; {@link UNPAID} if it is not. */
  readonly paidDay: number[];
}

/** Dues in fromDay...toDay (days since the epoch, inclusive) and what the payments settle of them. */
export function settle(
  obligations: readonly Obligation[],
  payments: PaymentList,
  fromDay: number,
  toDay: number,
): Settlement {
  const settlement: Settlement = { count: 0, dueDay: [], amountMinor: [], paidMinor: [], paidDay: [] };
  const next: number[] = [];
  const end: number[] = [];
  for (const obligation of obligations) {
    next.push(settlement.dueDay.length);
    for (const day of dueDates(obligation, fromDay, toDay)) {
      settlement.dueDay.push(day);
      settlement.amountMinor.push(obligation.amountMinor);
      settlement.paidMinor.push(0);
      settlement.paidDay.push(UNPAID);
    }
    end.push(settlement.dueDay.length);
  }
  settlement.count = settlement.dueDay.length;
  for (let i = 0; i < payments.count; i++) {
    pay(settlement, obligations, next, end, payments.day[i]!, payments.amountMinor[i]!, payments.target[i]!);
  }
  return settlement;
}

function pay(
  settlement: Settlement,
  obligations: readonly Obligation[],
  next: number[],
  end: readonly number[],
  day: number,
  amountMinor: number,
  target: number,
): void {
  let left = amountMinor;
  while (left > 0) {
    const obligation = target >= 0 ? target : oldestOfKind(settlement, obligations, next, end, target);
    if (obligation < 0) return;
    const due = next[obligation]!;
    if (due === end[obligation] || settlement.dueDay[due]! > day + EARLIEST_PAYMENT_DAYS) return;
    const part = Math.min(left, settlement.amountMinor[due]! - settlement.paidMinor[due]!);
    settlement.paidMinor[due]! += part;
    left -= part;
    if (settlement.paidMinor[due] === settlement.amountMinor[due]) {
      settlement.paidDay[due] = day;
      next[obligation] = due + 1;
    }
  }
}

/** The obligation of a kind whose next unpaid due is the oldest; -1: none has one left. */
function oldestOfKind(
  settlement: Settlement,
  obligations: readonly Obligation[],
  next: readonly number[],
  end: readonly number[],
  target: number,
): number {
  let oldest = -1;
  for (let i = 0; i < obligations.length; i++) {
    if (next[i] === end[i] || targetOfKind(obligations[i]!.kind) !== target) continue;
    if (oldest < 0 || settlement.dueDay[next[i]!]! < settlement.dueDay[next[oldest]!]!) oldest = i;
  }
  return oldest;
}
