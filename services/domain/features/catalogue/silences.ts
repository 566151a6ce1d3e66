/**
 * What is unknown of every customer where a feed does not tell something at all: the features that a bank without it never has. Training
 * shows the model such banks, since one that has seen no unknown group takes its absence for a sign.
 */

/** Things that a feed tells or does not tell: those of Declares, the time of day, balances, a currency
 * whose levels are known, and profiles with their obligations. */
export type Silence =
  | 'failures'
  | 'merchant'
  | 'spendingCategory'
  | 'billCategory'
  | 'overdraftCharges'
  | 'channel'
  | 'timeOfDay'
  | 'balances'
  | 'moneyUnit'
  | 'obligations';

/** Of each silence, the features that it leaves unknown, in the order of the catalogue; derived ones, no input of a model, left out. */
export const SILENCES: Readonly<Record<Silence, readonly string[]>> = {
  failures: ['failed_debit_count_30d'],
  merchant: ['merchant_diversity_drop_30d_pct'],
  spendingCategory: [
    'discretionary_spend_drop_7d_pct',
    'discretionary_spend_drop_30d_pct',
    'essential_spend_rise_30d_pct',
  ],
  billCategory: ['bill_payment_count_drop_30d'],
  overdraftCharges: ['overdraft_charge_count_90d'],
  channel: ['cash_withdrawal_frequency_rise_30d', 'cash_withdrawal_size_rise_30d_pct', 'cash_share_30d'],
  timeOfDay: ['time_of_day_consistency_30d'],
  balances: [
    'balance_drawdown_7d_pct',
    'balance_drawdown_14d_pct',
    'balance_drawdown_30d_pct',
    'balance_volatility_30d',
    'days_below_usual_minimum_30d',
    'balance_now',
    'mean_balance_90d',
    'lowest_balance_30d',
    'lowest_balance_90d',
    'lowest_balance_history',
    'balance_in_outflow_days',
    'lowest_90d_in_outflow_days',
    'lowest_history_in_outflow_days',
    'negative_balance_days_90d',
    'obligation_cover_30d',
    'drain_mean',
  ],
  moneyUnit: [
    'balance_now',
    'mean_balance_90d',
    'lowest_balance_30d',
    'lowest_balance_90d',
    'lowest_balance_history',
    'income_level',
  ],
  obligations: [
    'payment_lateness_days_30d',
    'partial_payment_share_90d',
    'payment_timing_shift_days',
    'payment_undershoot_pct_30d',
    'obligation_cover_30d',
    'obligations_due_45d',
    'obligation_burden_45d',
    'late_payment_share_history',
  ],
};
