import type { Profile } from '../../domain/bank/profile.ts';
import type { LedgerRow } from '../../domain/bank/transaction.ts';
import { dayOf } from '../../domain/calendar/days.ts';
import { UNSEEN_PAYMENT_DAYS } from '../../domain/features/frame.ts';
import { HORIZON_DAYS, SERIOUSLY_LATE_DAYS } from '../../domain/obligations/eligibility.ts';
import { kindOfCategory, type PaymentList, settle, targetOfKind } from '../../domain/obligations/settle.ts';

/** An obligation that the profile does not list. */
const NOWHERE = -1_000;

/** The payments of a whole ledger, made once a customer. */
export interface LedgerPayments {
  readonly firstEntryDay: number;
  readonly rows: readonly { readonly day: number; readonly row: LedgerRow }[];
  /** Latest offset from UTC at or before an instant, of the row that occurred last. */
  offsetAt(atMs: number): number;
}

/** Settled, not undone, in the order in which payments are applied: date, occurred time, position. */
export function paymentsOf(rows: readonly LedgerRow[]): LedgerPayments {
  const undone = new Set(rows.map((row) => row.reversesTransactionId));
  const entries = rows
    .filter((row) => row.status === 'settled' && row.reversesTransactionId === null && !undone.has(row.transactionId))
    .map((row) => ({ day: dayOf(row.occurredMs, row.utcOffsetMinutes), row }));
  const pays = entries.filter(
    ({ row }) =>
      row.direction === 'debit' &&
      !row.ownTransfer &&
      (row.obligationId !== null || kindOfCategory(row.category) !== null),
  );
  const occurred = [...rows].sort((a, b) => a.occurredMs - b.occurredMs);
  return {
    firstEntryDay: entries.reduce((first, { day }) => Math.min(first, day), Number.POSITIVE_INFINITY),
    rows: pays.sort((a, b) => a.day - b.day || a.row.occurredMs - b.row.occurredMs),
    offsetAt: (atMs) => occurred.findLast((row) => row.occurredMs <= atMs)?.utcOffsetMinutes ?? 0,
  };
}

/**
 * The forward label at t for an eligible customer: true if any payment of the profile's obligations that falls due in the 45
 * days after t's date is not fully paid 30 days after it was due. The whole ledger is known: it looks ahead.
 */
export function missLabelAt(payments: LedgerPayments, profile: Profile, atMs: number): boolean {
  const today = dayOf(atMs, payments.offsetAt(atMs));
  const from = payments.firstEntryDay + UNSEEN_PAYMENT_DAYS;
  const settled = settle(profile.obligations, addressed(payments, profile), from, today + HORIZON_DAYS);
  return settled.dueDay.some((due, i) => due > today && settled.paidDay[i]! - due > SERIOUSLY_LATE_DAYS);
}

function addressed({ rows }: LedgerPayments, { obligations }: Profile): PaymentList {
  const index = new Map(obligations.map(({ obligationId }, i) => [obligationId, i]));
  return {
    count: rows.length,
    day: rows.map(({ day }) => day),
    amountMinor: rows.map(({ row }) => row.amountMinor),
    target: rows.map(({ row }) => {
      if (row.obligationId !== null) return index.get(row.obligationId) ?? NOWHERE;
      const kind = kindOfCategory(row.category);
      return kind === null ? NOWHERE : targetOfKind(kind);
    }),
  };
}
