/** The vector of a loan decision, from the account's transactions of the days before the grant and from nothing else. */
import type { LedgerRow } from '../../bank/transaction.ts';
import { quantile } from '../../evaluation/bootstrap.ts';
import { moneyUnitOf } from '../money-units.ts';
import { clip, countBelow, lowest, mean, ratio, standardDeviation } from '../statistics.ts';
import { LOAN_FEATURE_NAMES, type LoanFeatureName } from './catalogue.ts';
import { type Entry, isOfTheBank, type LoanHistory, loanHistory } from './history.ts';
import { type LoanMonth, loanMonths, MONTH_DAYS } from './months.ts';

export interface LoanObservation {
  /** In the order of LOAN_FEATURES, each a float32 value; NaN: unknown. */
  readonly values: Float32Array;
  /** No balance below 0 was given in what was used: the group that defaults without a warning. */
  readonly neverOverdrawn: boolean;
  /** How many entries it was computed from. */
  readonly entries: number;
}

/** A debit that takes under this share of a month's income is no drain. */
const SMALLEST_DRAIN = 0.02;

/** `rows` of one account in the order the engine learned of them; those of the grant's day and later change nothing. Null: there are no others. */
export function observeLoan(rows: readonly LedgerRow[], currency: string, grantDay: number): LoanObservation | null {
  const history = loanHistory(rows, grantDay);
  if (history === null) return null;
  const named: Record<LoanFeatureName, number> = {
    ...habits(history),
    ...levels(history, moneyUnitOf(currency)),
  };
  return {
    values: Float32Array.from(LOAN_FEATURE_NAMES, (name) => named[name]),
    neverOverdrawn: history.entries.every(({ row }) => row.balanceAfterMinor === null || row.balanceAfterMinor >= 0),
    entries: history.entries.length,
  };
}

/** How the account is used, whatever its level. */
function habits({ entries, grantDay, firstDay }: LoanHistory) {
  const flows = entries.filter(({ row }) => !row.ownTransfer).map(({ row }) => row);
  const debits = flows.filter((row) => row.direction === 'debit');
  const bills = debits.filter((row) => row.category === 'rent' || row.category === 'utilities');
  const days = Math.min(365, grantDay - firstDay);
  const year = entries.filter(({ day }) => day >= grantDay - 365);
  const credits = year.filter(({ row }) => row.direction === 'credit' && !row.ownTransfer && !isOfTheBank(row));
  const byTransfer = bills.some((row) => row.channel === 'transfer');
  const inCash = bills.some((row) => row.channel !== 'transfer');
  const others = debits.some(isOtherOrder);
  return {
    bills_by_transfer: flag(byTransfer),
    bills_in_cash: flag(inCash),
    other_orders: flag(others),
    bill_habit: billHabit(byTransfer, inCash, others),
    income_by_transfer: flag(flows.some((row) => row.direction === 'credit' && row.channel === 'transfer')),
    credits_365d: (credits.length / days) * MONTH_DAYS,
    entries_365d: (year.length / days) * MONTH_DAYS,
  };
}

/** From the habit of the calmest accounts to that of the most troubled ones. */
function billHabit(byTransfer: boolean, inCash: boolean, others: boolean): number {
  if (inCash) return 3;
  if (!byTransfer) return 2;
  return others ? 1 : 0;
}

/** How much there is, comes in and goes out. */
function levels(history: LoanHistory, moneyUnit: number) {
  const { closes, grantDay, firstDay } = history;
  const months = loanMonths(history);
  const incomes = Float64Array.from(months, ({ incomeMinor }) => incomeMinor);
  const income = mean(incomes, 0, incomes.length);
  const used = closes.subarray(spendingFrom(history) - firstDay);
  const orders = history.entries.filter(({ day, row }) => day >= grantDay - 90 && isOtherOrder(row));
  return {
    other_orders_monthly: orders.reduce((sum, { row }) => sum + row.amountMinor, 0) / 3 / moneyUnit,
    trough_mean: troughMean(history, months) / moneyUnit,
    lowest_balance_120d: lowestOf(closes.subarray(-120)) / moneyUnit,
    lowest_180d_in_income: ratio(lowestOf(closes.subarray(-180)), income),
    balance_p5_90d: percentile(used.subarray(-90), 0.05) / moneyUnit,
    days_below_zero: countBelow(used, 0, used.length, 0),
    drain_mean_90d: drainMean(history, income),
    income_monthly: income / moneyUnit,
    income_variability: ratio(standardDeviation(incomes, 0, incomes.length), income),
    net_flow_monthly: netFlow(months) / moneyUnit,
  };
}

function isOtherOrder(row: LedgerRow): boolean {
  return row.direction === 'debit' && row.channel === 'transfer' && row.category === 'unknown' && !row.ownTransfer;
}

/** From the first debit, or from the first entry where there is none. */
function spendingFrom({ firstDebitDay, firstDay, grantDay }: LoanHistory): number {
  return firstDebitDay < grantDay ? firstDebitDay : firstDay;
}

/** Over the whole months since the first debit; where there is none yet, the lowest close since then. */
function troughMean(history: LoanHistory, months: readonly LoanMonth[]): number {
  const from = spendingFrom(history);
  const troughs = Float64Array.from(
    months.filter(({ fromDay }) => fromDay >= from),
    ({ lowestMinor }) => lowestMinor,
  );
  return troughs.length === 0
    ? lowestOf(history.closes.subarray(from - history.firstDay))
    : mean(troughs, 0, troughs.length);
}

/** Of amount / (balance after + amount), in [0, 1]; 1 where there was nothing to take it from. */
function drainMean({ entries, grantDay }: LoanHistory, income: number): number {
  const least = SMALLEST_DRAIN * (Number.isNaN(income) ? 0 : income);
  const shares = entries.filter(({ day }) => day >= grantDay - 90).flatMap((entry) => drainOf(entry, least));
  return mean(Float64Array.from(shares), 0, shares.length);
}

function drainOf({ row }: Entry, leastMinor: number): number[] {
  if (row.direction === 'credit' || row.ownTransfer || row.balanceAfterMinor === null) return [];
  if (row.amountMinor <= leastMinor) return [];
  const before = row.balanceAfterMinor + row.amountMinor;
  return [before <= 0 ? 1 : clip(row.amountMinor / before, 0, 1)];
}

function netFlow(months: readonly LoanMonth[]): number {
  const net = Float64Array.from(months, ({ incomeMinor, outflowMinor }) => incomeMinor - outflowMinor);
  return mean(net, 0, net.length);
}

function lowestOf(values: Float64Array): number {
  return lowest(values, 0, values.length);
}

/** By linear interpolation (type 7) over the known values. */
function percentile(values: Float64Array, share: number): number {
  return quantile(values.filter((value) => !Number.isNaN(value)).sort(), share);
}

function flag(is: boolean): number {
  return is ? 1 : 0;
}
