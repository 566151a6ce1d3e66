import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { ELIGIBILITY_LIMITS, type Eligibility, type EligibilityLimits, eligibilityAt } from './eligibility.ts';
import { createPaymentBook, isSeenAt, isSeenUntil, type PaymentBook } from './payment-book.ts';
import type { Settlement } from './settle.ts';

/**
 * The forward label that models learn: was anything that fell due after t missed? Only for making data sets: it looks past t.
 */

/** A due is missed if it is not fully paid this many days after it fell due. */
const GRACE_DAYS = 30;

/** What a label is made by. */
export interface LabelParameters extends EligibilityLimits {
  readonly graceDays: number;
}

/** What the shipped models predict. */
export const LABEL_PARAMETERS: LabelParameters = { ...ELIGIBILITY_LIMITS, graceDays: GRACE_DAYS };

/** t must lie this many days before the end of the data: horizon and grace must have passed. */
export function censoredDays({ horizonDays, graceDays }: LabelParameters): number {
  return horizonDays + graceDays;
}

export interface MissLabel {
  /** At t, from the rows that had occurred and were learned by then, as a vector's. Only 'eligible' rows are learned from. */
  readonly eligibility: Eligibility;
  /** 1 if any due in (t, t + 45 d] is not fully paid 30 d after it was due; null where not eligible. */
  readonly label: 0 | 1 | null;
}

/** Judges one customer at any number of moments. `profile` is the one known at t: its dues are what is judged. */
export interface MissJudge {
  eligibilityAt(profile: Profile | null, atMs: number): Eligibility;
  /** The label of a customer who is eligible at t. */
  labelAt(profile: Profile | null, atMs: number): 0 | 1;
}

/**
 * `rows` are all rows of the customer, later ones included, in ledger order. The caller sees to it that t lies
 * {@link censoredDays} before the end of the data: what comes after changes no label.
 */
export function createMissJudge(rows: readonly LedgerRow[], parameters: LabelParameters = LABEL_PARAMETERS): MissJudge {
  const book = createPaymentBook(rows);
  return {
    eligibilityAt(profile, atMs) {
      const today = book.dateAt(atMs);
      const settlement = book.settle(profile, isSeenAt(atMs), today + parameters.horizonDays);
      return eligibilityAt(settlement, profile, today, parameters);
    },
    labelAt: (profile, atMs) => (missesAny(book, profile, book.dateAt(atMs), parameters) ? 1 : 0),
  };
}

/** Eligibility and label at one moment. */
export function missLabelAt(
  profile: Profile | null,
  rows: readonly LedgerRow[],
  atMs: number,
  parameters: LabelParameters = LABEL_PARAMETERS,
): MissLabel {
  const judge = createMissJudge(rows, parameters);
  const eligibility = judge.eligibilityAt(profile, atMs);
  return { eligibility, label: eligibility === 'eligible' ? judge.labelAt(profile, atMs) : null };
}

/** Each due of the horizon is judged at the end of its grace: a payment that is undone only later was made in time. */
function missesAny(book: PaymentBook, profile: Profile | null, today: number, parameters: LabelParameters): boolean {
  const { horizonDays, graceDays } = parameters;
  const lastDay = today + censoredDays(parameters);
  const outcome = book.settle(profile, isSeenUntil(lastDay), today + horizonDays);
  const lastUndoing = book.lastUndoingUntil(lastDay);
  for (let i = 0; i < outcome.count; i++) {
    const due = outcome.dueDay[i]!;
    if (due <= today || due > today + horizonDays) continue;
    const graceEnd = due + graceDays;
    const judged = lastUndoing <= graceEnd ? outcome : book.settle(profile, isSeenUntil(graceEnd), today + horizonDays);
    if (isMissed(judged, due, graceEnd)) return true;
  }
  return false;
}

function isMissed(settlement: Settlement, due: number, graceEnd: number): boolean {
  for (let i = 0; i < settlement.count; i++) {
    if (settlement.dueDay[i] === due && settlement.paidDay[i]! > graceEnd) return true;
  }
  return false;
}
