import type { FeatureDefinition } from '../types.ts';
import { counted, share, tenth, whole } from './wording.ts';

const noBalances = 'no balance is known';
const noUnit = 'the currency has no money unit';
const noOutflow = 'daily outflow is unknown (under 14 observed days) or 0';

/** Outside the 27, hence without weight or alarm. */
const common = {
  group: 'liquidity',
  weight: 0,
  alarm: null,
  reason: 'A level, not a change: outside the composite.',
} as const;

function level(name: string, windowDays: number, unknownWhen: string, label: string): FeatureDefinition {
  return {
    ...common,
    name,
    unit: 'money units',
    min: null,
    max: null,
    windowDays,
    unknownWhen,
    riskDirection: -1,
    officer: (v) => `${label} is ${tenth(v)} money units`,
    customer: () => 'The level of your balance',
  };
}

function inOutflowDays(name: string, windowDays: number, label: string): FeatureDefinition {
  return {
    ...common,
    name,
    unit: 'days',
    min: null,
    max: null,
    windowDays,
    unknownWhen: `${noBalances}, or ${noOutflow}`,
    riskDirection: -1,
    officer: (v) =>
      v >= 0
        ? `${label} covers ${counted(v, 'day', 'days')} of usual spending`
        : `${label} is ${counted(-v, 'day', 'days')} of usual spending below zero`,
    customer: () => 'How long your balance would last at your usual spending',
  };
}

export const liquidity: readonly FeatureDefinition[] = [
  level('balance_now', 0, `a balance of any account is unknown, or ${noUnit}`, 'Balance'),
  level('mean_balance_90d', 90, `${noBalances}, or ${noUnit}`, 'Mean balance of 90 days'),
  level('lowest_balance_30d', 30, `${noBalances}, or ${noUnit}`, 'Lowest balance of 30 days'),
  level('lowest_balance_90d', 90, `${noBalances}, or ${noUnit}`, 'Lowest balance of 90 days'),
  level('lowest_balance_history', 0, `${noBalances}, there is no debit yet, or ${noUnit}`, 'Lowest balance ever'),
  inOutflowDays('balance_in_outflow_days', 90, 'Balance'),
  inOutflowDays('lowest_90d_in_outflow_days', 90, 'Lowest balance of 90 days'),
  inOutflowDays('lowest_history_in_outflow_days', 0, 'Lowest balance ever'),
  {
    ...common,
    name: 'negative_balance_days_90d',
    unit: 'days',
    min: 0,
    max: 90,
    windowDays: 90,
    unknownWhen: noBalances,
    riskDirection: 1,
    officer: (v) => `${counted(v, 'day', 'days')} of the last 90 below zero`,
    customer: () => 'Days on which your balance was below zero',
  },
  {
    ...common,
    name: 'overdraft_charge_count_90d',
    unit: 'count',
    min: 0,
    max: null,
    windowDays: 90,
    unknownWhen: 'the feed tells no overdraft charges',
    riskDirection: 1,
    officer: (v) => `${counted(v, 'overdraft charge', 'overdraft charges')} in the last 90 days`,
    customer: () => 'Overdraft charges on your account',
  },
  {
    ...common,
    name: 'obligation_cover_30d',
    unit: 'ratio',
    min: null,
    max: null,
    windowDays: 0,
    unknownWhen:
      'balance or obligations are unknown, nothing is left to pay in the next 30 days, no salary cycle is known, or pay is 90 days overdue',
    riskDirection: -1,
    officer: (v) => `Balance and expected salary cover ${tenth(v)} times what is due in 30 days`,
    customer: () => 'How well your upcoming payments are covered',
  },
  {
    ...common,
    name: 'inflow_outflow_ratio_90d',
    unit: 'ratio',
    min: 0,
    max: null,
    windowDays: 90,
    unknownWhen: 'nothing flowed out in the last 90 days',
    riskDirection: -1,
    officer: (v) => `Income is ${share(v)} of spending over 90 days`,
    customer: () => 'How your income compares with your spending',
  },
  {
    ...common,
    name: 'income_level',
    unit: 'log10 money units',
    min: null,
    max: null,
    windowDays: 365,
    unknownWhen: `no whole calendar month is observed, it has no credit, or ${noUnit}`,
    riskDirection: -1,
    officer: (v) => `Mean monthly income is ${tenth(10 ** v)} money units`,
    customer: () => 'The level of your income',
  },
  {
    ...common,
    name: 'income_variability',
    unit: 'ratio',
    min: 0,
    max: null,
    windowDays: 365,
    unknownWhen: 'no whole calendar month is observed, or none has a credit',
    riskDirection: 0,
    noDirection: 'How income varies is a way of life: no change of it is for the better.',
    officer: (v) => `Monthly income varies by ${share(v)}`,
    customer: () => 'How steady your income is',
  },
  {
    ...common,
    name: 'drain_mean',
    unit: 'share',
    min: 0,
    max: 1,
    windowDays: 90,
    unknownWhen: 'monthly income is unknown, or no debit above 2 % of it has a balance',
    riskDirection: 1,
    officer: (v) => `A larger payment takes ${share(v)} of the balance on average`,
    customer: () => 'How much of your balance larger payments take',
  },
  {
    ...common,
    name: 'salary_cycle_known',
    unit: 'flag',
    min: 0,
    max: 1,
    windowDays: 400,
    unknownWhen: 'there is no entry yet',
    riskDirection: 0,
    noDirection: 'A way of being paid, not a sign.',
    officer: (v) => (v === 1 ? 'A regular salary is known' : 'No regular salary is known'),
    customer: (v) => (v === 1 ? 'You have a regular income' : 'Your income comes at varying times'),
  },
  {
    ...common,
    name: 'history_days',
    unit: 'days',
    min: 0,
    max: 730,
    windowDays: 0,
    unknownWhen: 'there is no entry yet',
    riskDirection: 0,
    noDirection: 'How long a customer is known says how much is known, not what.',
    officer: (v) => `${whole(v)} days of history`,
    customer: () => 'How long we have known your account',
  },
];
