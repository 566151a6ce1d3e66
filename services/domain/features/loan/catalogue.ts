/**
 * The features of a loan decision: another moment and another question than the live vector's, so a set of its own. A loan's end
 * lies years ahead, so these measure how an account is usually run (a year where the live features look at 90 days). Only
 * transactions are read: no term of the loan and nothing about the person.
 *
 * Days count back from the day before the grant. "Since the first debit": before it, an account is being opened and its balance
 * says nothing; where there is no debit, since the first entry. Months: months.ts. Money is in money units (money-units.ts).
 * Values are float32; NaN is unknown.
 */

/** Of what the values mean: of this list, of the code that computes it and of the money units. */
export const LOAN_FEATURE_SET_VERSION = 'loan-grant/1';

export interface LoanFeature {
  readonly name: string;
  readonly unit: 'money units' | 'share' | 'ratio' | 'days' | 'count per 30 days' | 'rank' | '0 or 1';
  readonly meaning: string;
  /** When it is NaN. */
  readonly unknownWhen: string;
}

const never = 'never';
const noMonth = 'there is no whole month';
const noIncome = 'there is no whole month, or no income in any';
const noBalance = 'no balance is known';

/** In the order of a vector. */
export const LOAN_FEATURES = [
  feature('bills_by_transfer', '0 or 1', 'household bills were ever paid by transfer from the account', never),
  feature('bills_in_cash', '0 or 1', 'household bills were ever paid in cash, though there is an account', never),
  feature('other_orders', '0 or 1', 'there was ever a transfer out that is no bill, insurance or loan', never),
  feature(
    'bill_habit',
    'rank',
    'bills by transfer alone 0, by transfer beside other transfers 1, none 2, in cash 3: the three above in one order',
    never,
  ),
  feature('other_orders_monthly', 'money units', 'such transfers of the last 90 days, a month', never),
  feature('income_by_transfer', '0 or 1', 'there was ever a credit by transfer', never),
  feature(
    'trough_mean',
    'money units',
    "mean over the months since the first debit of each one's lowest close",
    noBalance,
  ),
  feature('lowest_balance_120d', 'money units', 'lowest close of the last 120 days, the opening included', noBalance),
  feature('lowest_180d_in_income', 'ratio', 'lowest close of the last 180 days / mean income of a month', noIncome),
  feature(
    'balance_p5_90d',
    'money units',
    '5th percentile of the closes of the last 90 days since the first debit',
    noBalance,
  ),
  feature('days_below_zero', 'days', 'days that closed below 0 since the first debit', noBalance),
  feature(
    'drain_mean_90d',
    'share',
    'mean share of the balance that a debit above 2 % of income took, 90 days',
    'there was none',
  ),
  feature('income_monthly', 'money units', 'mean income of a month', noMonth),
  feature('income_variability', 'ratio', 'standard deviation of the months of income / their mean', noIncome),
  feature('net_flow_monthly', 'money units', 'mean of income - outflow of a month', noMonth),
  feature('credits_365d', 'count per 30 days', 'credits but what the bank books by itself, over up to 365 days', never),
  feature('entries_365d', 'count per 30 days', 'entries of any kind, over up to 365 days', never),
] as const satisfies readonly LoanFeature[];

export type LoanFeatureName = (typeof LOAN_FEATURES)[number]['name'];

export const LOAN_FEATURE_NAMES: readonly LoanFeatureName[] = LOAN_FEATURES.map(({ name }) => name);

function feature<const N extends string>(
  name: N,
  unit: LoanFeature['unit'],
  meaning: string,
  unknownWhen: string,
): LoanFeature & { readonly name: N } {
  return { name, unit, meaning, unknownWhen };
}
