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

/** Due dates of a profile, obligation after obligation; those of obligation i are start[i]...start[i+1]-1. */
interface Dues {
  readonly from: number;
  readonly to: number;
  readonly start: Int32Array;
  readonly dueDay: Float64Array;
  readonly amountMinor: Float64Array;
}

/** Every due of a profile in a range, obligation after obligation, with what was paid of it. Later dues may follow the range. */
export interface Settlement {
  count: number;
  dueDay: Float64Array;
  amountMinor: Float64Array;
  paidMinor: Float64Array;
  /** The date on which it was fully paid; {@link UNPAID} if it is not. */
  paidDay: Float64Array;
  /** By obligation: its first due that is not fully paid; and its first due, up to the next one's. */
  next: Int32Array;
  start: Int32Array;
}

const NO_DUES = new Int32Array(0);

export function emptySettlement(): Settlement {
  const none = new Float64Array(0);
  return { count: 0, dueDay: none, amountMinor: none, paidMinor: none, paidDay: none, next: NO_DUES, start: NO_DUES };
}

/** Dues from fromDay to at least toDay (days since the epoch, inclusive) and what the payments settle of them. */
export function settle(
  obligations: readonly Obligation[],
  payments: PaymentList,
  fromDay: number,
  toDay: number,
): Settlement {
  const settlement = emptySettlement();
  openSettlement(settlement, obligations, fromDay, toDay);
  for (let i = 0; i < payments.count; i++) {
    settlePayment(settlement, obligations, payments.day[i]!, payments.amountMinor[i]!, payments.target[i]!);
  }
  return settlement;
}

/** Makes a settlement of the same dues with nothing paid; what it held is lost, its room is used again. */
export function openSettlement(
  into: Settlement,
  obligations: readonly Obligation[],
  fromDay: number,
  toDay: number,
): void {
  const dues = duesOf(obligations, fromDay, toDay);
  const count = dues.dueDay.length;
  if (into.paidMinor.length < count) {
    into.paidMinor = new Float64Array(2 * count);
    into.paidDay = new Float64Array(2 * count);
  }
  if (into.next.length < obligations.length) into.next = new Int32Array(2 * obligations.length);
  into.count = count;
  into.dueDay = dues.dueDay;
  into.amountMinor = dues.amountMinor;
  into.start = dues.start;
  into.paidMinor.fill(0, 0, count);
  into.paidDay.fill(UNPAID, 0, count);
  for (let i = 0; i < obligations.length; i++) into.next[i] = dues.start[i]!;
}

/** Dues change with the profile, not with the observation: the list last made of a profile is kept while it lives. */
const madeOf = new WeakMap<readonly Obligation[], Dues>();
/** Made this many days beyond what is asked, so that it serves the days to come. Payments never reach that far. */
const AHEAD_DAYS = 60;

function duesOf(obligations: readonly Obligation[], from: number, to: number): Dues {
  const made = madeOf.get(obligations);
  if (made !== undefined && made.from === from && made.to >= to && made.to <= to + AHEAD_DAYS) return made;
  const start = [0];
  const dueDay: number[] = [];
  const amountMinor: number[] = [];
  for (const obligation of obligations) {
    dueDay.push(...dueDates(obligation, from, to + AHEAD_DAYS));
    while (amountMinor.length < dueDay.length) amountMinor.push(obligation.amountMinor);
    start.push(dueDay.length);
  }
  const dues: Dues = {
    from,
    to: to + AHEAD_DAYS,
    start: Int32Array.from(start),
    dueDay: Float64Array.from(dueDay),
    amountMinor: Float64Array.from(amountMinor),
  };
  madeOf.set(obligations, dues);
  return dues;
}

/** Settles the next payment, as {@link PaymentList} gives it. Payments come in the order of their dates. */
export function settlePayment(
  settlement: Settlement,
  obligations: readonly Obligation[],
  day: number,
  amountMinor: number,
  target: number,
): void {
  let left = amountMinor;
  while (left > 0) {
    const obligation = target >= 0 ? target : oldestOfKind(settlement, obligations, target);
    if (obligation < 0) return;
    const due = settlement.next[obligation]!;
    if (due === settlement.start[obligation + 1] || settlement.dueDay[due]! > day + EARLIEST_PAYMENT_DAYS) return;
    const part = Math.min(left, settlement.amountMinor[due]! - settlement.paidMinor[due]!);
    settlement.paidMinor[due]! += part;
    left -= part;
    if (settlement.paidMinor[due] === settlement.amountMinor[due]) {
      settlement.paidDay[due] = day;
      settlement.next[obligation] = due + 1;
    }
  }
}

/** The obligation of a kind whose next unpaid due is the oldest; -1: none has one left. */
function oldestOfKind(settlement: Settlement, obligations: readonly Obligation[], target: number): number {
  const { next, dueDay, start } = settlement;
  const kind = OBLIGATION_KINDS[-1 - target];
  let oldest = -1;
  for (let i = 0; i < obligations.length; i++) {
    if (obligations[i]!.kind !== kind || next[i] === start[i + 1]) continue;
    if (oldest < 0 || dueDay[next[i]!]! < dueDay[next[oldest]!]!) oldest = i;
  }
  return oldest;
}
