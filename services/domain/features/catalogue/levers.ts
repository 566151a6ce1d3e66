/**
 * What a customer can change about a feature within a month or so, with the bank's help: the only features that a counterfactual may
 * move ("had the open payments been made, the level would have been MEDIUM"). Everything else is no lever, and for a reason:
 * - levels and habits of income, and salary: a person does not choose them;
 * - history, lowest balance ever, length of the relationship: nobody can change the past;
 * - essential spending (it holds rent and health): nobody should be told to save there;
 * - falls in spending, merchants, activity: they raise the risk as signs of saving, and to spend more is no advice;
 * - changes of the balance against its own past: they follow from its level, which is a lever;
 * - when payments are made against before: it has no direction of risk (it falls as an old debt ages).
 *
 * Steps, reaches and bounds are in the feature's own unit and say what is worth naming and plausible, not what the model would like.
 */
import type { Lever } from '../types.ts';

const BRING_UP_TO_DATE = 'Bringing open payments up to date would help';
const FEWER_FAILURES = 'Having enough on the account when a payment is taken would help';
const LESS_CASH = 'Paying more by card or transfer and less in cash would help';
const MORE_BALANCE = 'Keeping more on your account before payments fall due would help';
const SMALLER_DUES = 'Spreading upcoming payments over more time would help';
const SPEND_LESS = 'Keeping spending further below income would help';

const lowering = { towards: -1, bound: 0 } as const;
const raising = { towards: 1, bound: null } as const;

export const LEVERS: Readonly<Record<string, Lever>> = {
  payment_lateness_days_30d: { ...lowering, fact: 'overdue', step: 1, reach: 30, customer: BRING_UP_TO_DATE },
  partial_payment_share_90d: { ...lowering, fact: 'overdue', step: 0.05, reach: 1, customer: BRING_UP_TO_DATE },
  payment_undershoot_pct_30d: { ...lowering, fact: 'overdue', step: 5, reach: 100, customer: BRING_UP_TO_DATE },
  bill_payment_count_drop_30d: { ...lowering, fact: 'overdue', step: 1, reach: 4, customer: BRING_UP_TO_DATE },
  obligation_burden_45d: { ...lowering, fact: 'dues', step: 0.05, reach: 0.3, customer: SMALLER_DUES },
  failed_debit_count_30d: { ...lowering, fact: 'failures', step: 1, reach: 3, customer: FEWER_FAILURES },
  cash_withdrawal_frequency_rise_30d: { ...lowering, fact: 'cash', step: 1, reach: 8, customer: LESS_CASH },
  cash_withdrawal_size_rise_30d_pct: { ...lowering, fact: 'cash', step: 10, reach: 100, customer: LESS_CASH },
  cash_share_30d: { ...lowering, fact: 'cash', step: 0.05, reach: 0.5, customer: LESS_CASH },
  balance_now: { ...raising, fact: 'balance', step: 0.5, reach: 5, customer: MORE_BALANCE },
  balance_in_outflow_days: { ...raising, fact: 'balance', step: 1, reach: 15, customer: MORE_BALANCE },
  obligation_cover_30d: { ...raising, fact: 'balance', step: 0.1, reach: 1, customer: MORE_BALANCE },
  negative_balance_days_90d: { ...lowering, fact: 'overdraft', step: 5, reach: 30, customer: MORE_BALANCE },
  overdraft_charge_count_90d: { ...lowering, fact: 'overdraft', step: 1, reach: 1, customer: MORE_BALANCE },
  inflow_outflow_ratio_90d: { ...raising, fact: 'spending', step: 0.05, reach: 0.2, customer: SPEND_LESS },
};
