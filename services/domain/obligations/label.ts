import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { dayOf } from '../calendar/days.ts';
import { positionLearnedBy } from '../features/as-of.ts';
import { isReversal } from '../features/records.ts';
import { type Eligibility, eligibilityAt, HORIZON_DAYS } from './eligibility.ts';
import {
  kindOfCategory,
  type PaymentList,
  type Settlement,
  settle,
  targetOfKind,
  UNSEEN_PAYMENT_DAYS,
} from './settle.ts';

/**
 * The forward label that models learn: was anything that fell due after t missed? Only for making data sets: it looks past t.
 */

/** A due is missed if it is not fully paid this many days after it fell due. */
export const GRACE_DAYS = 30;
/** t must lie this many days before the end of the data: horizon and grace must have passed. */
export const CENSORED_DAYS = HORIZON_DAYS + GRACE_DAYS;

export interface MissLabel {
  /** At t, from the rows that had occurred and were learned by then, as a vector's. Only 'eligible' rows are learned from. */
  readonly eligibility: Eligibility;
  /** 1 if any due in (t, t + 45 d] is not fully paid 30 d after it was due; null where not eligible. */
  readonly label: 0 | 1 | null;
}

/**
 * `profile` is the one known at t, whose dues are judged; `rows` are all rows of the customer, later ones included, in ledger
 * order. The caller sees to it that t lies CENSORED_DAYS before the end of the data: what comes after changes no label.
 */
export function missLabelAt(profile: Profile | null, rows: readonly LedgerRow[], atMs: number): MissLabel {
  const known = rows.slice(0, positionLearnedBy(rows, atMs)).filter((row) => row.occurredMs <= atMs);
  const today = dayOf(atMs, offsetAt(known));
  const eligibility = eligibilityAt(settlementOf(profile, known, today), profile, today);
  if (eligibility !== 'eligible') return { eligibility, label: null };
  return { eligibility, label: missesAny(profile, rows, today) ? 1 : 0 };
}

/** Each due of the horizon is judged at the end of its grace: a payment that is undone only later was made in time. */
function missesAny(profile: Profile | null, rows: readonly LedgerRow[], today: number): boolean {
  const horizon = until(rows, today + CENSORED_DAYS);
  const outcome = settlementOf(profile, horizon, today);
  const lastUndoing = horizon.filter(isReversal).reduce((last, row) => Math.max(last, dateOfRow(row)), today);
  for (let i = 0; i < outcome.count; i++) {
    const due = outcome.dueDay[i]!;
    if (due <= today || due > today + HORIZON_DAYS) continue;
    const graceEnd = due + GRACE_DAYS;
    const judged = lastUndoing <= graceEnd ? outcome : settlementOf(profile, until(horizon, graceEnd), today);
    if (isMissed(judged, due)) return true;
  }
  return false;
}

function isMissed(settlement: Settlement, due: number): boolean {
  for (let i = 0; i < settlement.count; i++) {
    if (settlement.dueDay[i] === due && settlement.paidDay[i]! > due + GRACE_DAYS) return true;
  }
  return false;
}

/** The rows up to a date, by their own. */
function until(rows: readonly LedgerRow[], lastDay: number): readonly LedgerRow[] {
  return rows.filter((row) => dateOfRow(row) <= lastDay);
}

/** Dues up to today + 45 d with what the rows pay of them. */
export function settlementOf(profile: Profile | null, rows: readonly LedgerRow[], today: number): Settlement {
  const entries = entriesOf(rows);
  const firstEntryDay = entries.reduce((first, row) => Math.min(first, dateOfRow(row)), Number.POSITIVE_INFINITY);
  const obligations = Number.isFinite(firstEntryDay) ? (profile?.obligations ?? []) : [];
  const payments = paymentsOf(profile, entries);
  return settle(obligations, payments, firstEntryDay + UNSEEN_PAYMENT_DAYS, today + HORIZON_DAYS);
}

function paymentsOf(profile: Profile | null, entries: readonly LedgerRow[]): PaymentList {
  const day: number[] = [];
  const amountMinor: number[] = [];
  const target: number[] = [];
  for (const row of entries) {
    const to = targetOf(profile, row);
    if (row.direction !== 'debit' || row.ownTransfer || to === null) continue;
    day.push(dateOfRow(row));
    amountMinor.push(row.amountMinor);
    target.push(to);
  }
  return { count: day.length, day, amountMinor, target };
}

function targetOf(profile: Profile | null, row: LedgerRow): number | null {
  if (row.obligationId !== null && row.obligationId !== '') {
    const index = profile?.obligations.findIndex((obligation) => obligation.obligationId === row.obligationId) ?? -1;
    return index < 0 ? null : index;
  }
  const kind = kindOfCategory(row.category);
  return kind === null ? null : targetOfKind(kind);
}

/** Settled, not reversed, no reversal; in the order (date, occurred time, ledger position). */
function entriesOf(rows: readonly LedgerRow[]): LedgerRow[] {
  const undone = new Set<string>();
  for (const row of rows) if (isReversal(row)) undone.add(row.reversesTransactionId!);
  return rows
    .filter((row) => row.status === 'settled' && row.reversesTransactionId === null && !undone.has(row.transactionId))
    .sort((a, b) => dateOfRow(a) - dateOfRow(b) || a.occurredMs - b.occurredMs);
}

function dateOfRow(row: LedgerRow): number {
  return dayOf(row.occurredMs, row.utcOffsetMinutes);
}

/** Of the latest row; ties: the last learned. */
function offsetAt(rows: readonly LedgerRow[]): number {
  let latest: LedgerRow | null = null;
  for (const row of rows) if (latest === null || row.occurredMs >= latest.occurredMs) latest = row;
  return latest?.utcOffsetMinutes ?? 0;
}
