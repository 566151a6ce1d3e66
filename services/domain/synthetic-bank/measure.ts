import type { SyntheticCustomer } from './generate.ts';
import type { DatedEvent, DueOutcome, Truth } from './truth.ts';

/**
 * What a synthetic bank is like, measured from its truth: the base rate of the label, how much of it nothing announced, and how
 * many events led to no miss. The label here is read from the truth and not from the ledger, so that the two can be compared.
 */

/** Days, as the forward label has them. */
export const LABEL = { horizonDays: 45, lateDays: 5, graceDays: 30, recentDays: 90, censorDays: 75 } as const;

/** How long after an event began to pass a miss may still be its doing. */
const AFTERMATH_DAYS = 60;

export interface BankMeasures {
  readonly customers: number;
  readonly customerMonths: number;
  readonly transactions: number;
  readonly transactionsPerCustomerMonth: number;
  readonly failedShare: number;
  readonly eligible: number;
  readonly positives: number;
  readonly baseRate: number;
  /** Of positives: no missed payment of theirs was withheld by stress. */
  readonly unannouncedShare: number;
  /** Of observations with something due: not eligible because something is or recently was late. */
  readonly lateShare: number;
  readonly events: number;
  readonly eventsPerCustomerYear: number;
  /** Of events that had time to show: no payment was missed under stress. */
  readonly eventsWithoutMissShare: number;
  readonly profilesPerCustomer: number;
}

export interface Tally {
  customers: number;
  days: number;
  transactions: number;
  failed: number;
  profiles: number;
  late: number;
  eligible: number;
  positives: number;
  unannounced: number;
  events: number;
  settledEvents: number;
  eventsWithoutMiss: number;
}

export function emptyTally(): Tally {
  return {
    customers: 0,
    days: 0,
    transactions: 0,
    failed: 0,
    profiles: 0,
    late: 0,
    eligible: 0,
    positives: 0,
    unannounced: 0,
    events: 0,
    settledEvents: 0,
    eventsWithoutMiss: 0,
  };
}

export type TruthLabel =
  | { readonly kind: 'nothing_due' }
  | { readonly kind: 'late' }
  | { readonly kind: 'eligible'; readonly missed: readonly DueOutcome[] };

/** The forward label at the end of a day, from what really became of everything due. */
export function truthLabelAt(dues: readonly DueOutcome[], day: number): TruthLabel {
  const paidBy = (due: DueOutcome): number => (due.paidDay === null || due.paidDay > day ? day : due.paidDay);
  const lateNow = (due: DueOutcome): boolean => (due.paidDay ?? Infinity) > day && day - due.dueDay >= LABEL.lateDays;
  const lateBefore = (due: DueOutcome): boolean =>
    paidBy(due) - due.dueDay > LABEL.graceDays && paidBy(due) > day - LABEL.recentDays + 1;
  const past = dues.filter((due) => due.dueDay <= day);
  if (past.some((due) => lateNow(due) || lateBefore(due))) return { kind: 'late' };
  const coming = dues.filter((due) => due.dueDay > day && due.dueDay <= day + LABEL.horizonDays);
  if (coming.length === 0) return { kind: 'nothing_due' };
  return { kind: 'eligible', missed: coming.filter(isMissed) };
}

/** Not fully paid 30 days after it was due. */
export function isMissed(due: DueOutcome): boolean {
  return (due.paidDay ?? Infinity) - due.dueDay > LABEL.graceDays;
}

/** Counts a customer in. @param endDay first day after the data */
export function tallyCustomer(tally: Tally, customer: SyntheticCustomer, endDay: number): void {
  const { traits, dues, events } = customer.truth;
  const lastDay = Math.min(endDay, traits.closeDay);
  tally.customers++;
  tally.days += Math.max(0, lastDay - traits.joinDay);
  tally.transactions += customer.rows.length;
  tally.failed += customer.rows.filter((row) => row.status === 'failed').length;
  tally.profiles += customer.profiles.length;
  // One observation a month, at a day of the month that differs from customer to customer.
  const firstDay = traits.joinDay + 30 + (Math.abs(traits.incomeMinor) % 30);
  for (let day = firstDay; day <= Math.min(endDay - LABEL.censorDays, lastDay); day += 30) tallyLabel(tally, dues, day);
  for (const event of events) if (event.kind !== 'recovery') tallyEvent(tally, customer.truth, event, endDay);
}

function tallyLabel(tally: Tally, dues: readonly DueOutcome[], day: number): void {
  const label = truthLabelAt(dues, day);
  if (label.kind === 'nothing_due') return;
  if (label.kind === 'late') {
    tally.late++;
    return;
  }
  tally.eligible++;
  if (label.missed.length === 0) return;
  tally.positives++;
  if (label.missed.every((due) => due.cause !== 'stress')) tally.unannounced++;
}

function tallyEvent(tally: Tally, { dues, events }: Truth, event: DatedEvent, endDay: number): void {
  tally.events++;
  const recovery = events.find((other) => other.kind === 'recovery' && other.ordinal === event.ordinal);
  const until = (recovery?.day ?? Infinity) + AFTERMATH_DAYS;
  if (until > endDay - LABEL.graceDays) return;
  tally.settledEvents++;
  const led = dues.some(
    (due) => due.cause === 'stress' && isMissed(due) && due.dueDay >= event.day && due.dueDay <= until,
  );
  if (!led) tally.eventsWithoutMiss++;
}

export function measuresOf(t: Tally): BankMeasures {
  const months = t.days / 30.4375;
  return {
    customers: t.customers,
    customerMonths: months,
    transactions: t.transactions,
    transactionsPerCustomerMonth: t.transactions / months,
    failedShare: t.failed / t.transactions,
    eligible: t.eligible,
    positives: t.positives,
    baseRate: t.positives / t.eligible,
    unannouncedShare: t.unannounced / t.positives,
    lateShare: t.late / (t.late + t.eligible),
    events: t.events,
    eventsPerCustomerYear: t.events / (months / 12),
    eventsWithoutMissShare: t.eventsWithoutMiss / t.settledEvents,
    profilesPerCustomer: t.profiles / t.customers,
  };
}
