/**
 * One row a loan of a Berka folder: the vector of the day it was granted, and how it ended. How it ended is read for the label
 * and by nothing else.
 */
import { DAY_MS } from '../../domain/calendar/days.ts';
import { LOAN_FEATURE_NAMES } from '../../domain/features/loan/catalogue.ts';
import { observeLoan } from '../../domain/features/loan/vector.ts';
import type { Batch, Column } from '../../platform/table/column.ts';
import { BERKA_CURRENCY, type BerkaLoan, type BerkaTransaction } from '../berka/mapping.ts';

export interface LoanRow {
  /** The account's number, as in the file. */
  readonly accountId: string;
  /** Start of the day of the grant: what the vector knows lies before it. */
  readonly grantMs: number;
  /** 1: the loan ended unpaid (B) or is in debt (D). */
  readonly label: 0 | 1;
  /** No balance below 0 was given before the grant. */
  readonly neverOverdrawn: boolean;
  /** Known at the grant, kept beside the vector: training measures what they would add. No feature reads them. */
  readonly terms: Readonly<Record<'amountMinor' | 'paymentMinor' | 'durationMonths', number>>;
  /** Entries that the vector was computed from; with none of them it is unknown throughout. */
  readonly entries: number;
  /** In the order of LOAN_FEATURES. */
  readonly values: Float32Array;
}

const DEFAULTED: ReadonlySet<string> = new Set(['B', 'D']);

/** In the order of the loans. `transactions` may be of more accounts, and may reach beyond the grants. */
export function loanRows(loans: readonly BerkaLoan[], transactions: readonly BerkaTransaction[]): readonly LoanRow[] {
  const byCustomer = Map.groupBy(transactions, ({ customerId }) => customerId);
  return loans.map((loan) => {
    const rows = (byCustomer.get(loan.customerId) ?? []).map(({ row }) => row);
    const observed = observeLoan(rows, BERKA_CURRENCY, loan.grantDay);
    return {
      accountId: loan.accountId,
      grantMs: loan.grantDay * DAY_MS,
      label: DEFAULTED.has(loan.status) ? 1 : 0,
      terms: loan,
      neverOverdrawn: observed?.neverOverdrawn ?? true,
      entries: observed?.entries ?? 0,
      values: observed?.values ?? new Float32Array(LOAN_FEATURE_NAMES.length).fill(Number.NaN),
    };
  });
}

export const LOAN_COLUMNS: readonly Column[] = [
  { name: 'account_id', type: 'string' },
  { name: 't_ms', type: 'int64' },
  { name: 'label', type: 'int32' },
  { name: 'never_overdrawn', type: 'int32' },
  { name: 'loan_amount', type: 'float64' },
  { name: 'loan_payment', type: 'float64' },
  { name: 'loan_months', type: 'int32' },
  ...LOAN_FEATURE_NAMES.map((name): Column => ({ name, type: 'float32' })),
];

/** Rows as columns, as {@link LOAN_COLUMNS} names them. */
export function loanBatch(rows: readonly LoanRow[]): Batch {
  return [
    rows.map(({ accountId }) => accountId),
    Float64Array.from(rows, ({ grantMs }) => grantMs),
    Int32Array.from(rows, ({ label }) => label),
    Int32Array.from(rows, ({ neverOverdrawn }) => (neverOverdrawn ? 1 : 0)),
    Float64Array.from(rows, ({ terms }) => terms.amountMinor / 100),
    Float64Array.from(rows, ({ terms }) => terms.paymentMinor / 100),
    Int32Array.from(rows, ({ terms }) => terms.durationMonths),
    ...LOAN_FEATURE_NAMES.map((_, feature) => Float32Array.from(rows, ({ values }) => values[feature]!)),
  ];
}
