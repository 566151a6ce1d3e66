import type { FeatureDefinition } from '../types.ts';
import { counted, lower, tenth, whole } from './wording.ts';

const noSalary = 'no salary cycle was ever found and the profile names no salary day';
const noBalances = 'a balance of any account is unknown then or now';

export const salary: readonly FeatureDefinition[] = [
  {
    name: 'salary_delay_days',
    group: 'salary',
    unit: 'days',
    min: 0,
    max: 90,
    windowDays: 400,
    unknownWhen: noSalary,
    riskDirection: 1,
    weight: 2,
    alarm: 7,
    reason: 'A salary a week late is past weekends and holidays; double weight: income comes before everything else.',
    officer: (v) => {
      if (v >= 90) return 'Salary has not come for 90 days or more';
      return v === 0 ? 'Salary is not late' : `Salary is ${counted(v, 'day', 'days')} late`;
    },
    customer: () => 'Your usual income came later than expected',
  },
  {
    name: 'salary_amount_drop_pct',
    group: 'salary',
    unit: 'percent',
    min: -500,
    max: 100,
    windowDays: 400,
    unknownWhen: `${noSalary}, or only one salary is known`,
    riskDirection: 1,
    weight: 1.5,
    alarm: 25,
    reason: 'A quarter of pay is more than overtime or bonus explain; more weight: it hits every later month.',
    officer: (v) => `Latest salary is ${lower(v)} than usual`,
    customer: () => 'Your latest income differs from what you usually receive',
  },
  {
    name: 'salary_missed_cycles_90d',
    group: 'salary',
    unit: 'count',
    min: 0,
    max: null,
    windowDays: 90,
    unknownWhen: noSalary,
    riskDirection: 0,
    noDirection:
      'It dates a change: at first it says that pay has stopped, later that this was long ago; in between a payment is missed.',
    weight: 1.5,
    alarm: 1,
    reason: 'One whole pay missed is stress already; more weight: nothing harmless looks like it.',
    officer: (v) => `${counted(v, 'expected salary', 'expected salaries')} missed in the last 90 days`,
    customer: () => 'An income that we expected did not arrive',
  },
];

function drawdown(days: 7 | 14 | 30, weight: number, alarm: number, reason: string): FeatureDefinition {
  return {
    name: `balance_drawdown_${days}d_pct`,
    group: 'savings',
    unit: 'percent',
    min: -500,
    max: 500,
    windowDays: days,
    unknownWhen: `${noBalances}, or the larger of balance and monthly outflow is unknown or 0`,
    riskDirection: 1,
    weight,
    alarm,
    reason,
    officer: (v) =>
      v >= 0 ? `Balance fell by ${whole(v)} % in ${days} days` : `Balance rose by ${whole(v)} % in ${days} days`,
    customer: () => 'Your balance has changed quickly in recent weeks',
  };
}

export const savings: readonly FeatureDefinition[] = [
  drawdown(
    7,
    0.5,
    80,
    'Falls within a week are mostly the pay cycle; less weight, and only a nearly emptied account counts.',
  ),
  drawdown(14, 0.75, 80, 'Half a pay cycle still moves most balances; less weight.'),
  drawdown(30, 1, 50, 'Over a whole pay cycle the balance should come back; losing half of it is not the cycle.'),
  {
    name: 'balance_volatility_30d',
    group: 'savings',
    unit: 'months of outflow',
    min: 0,
    max: null,
    windowDays: 30,
    unknownWhen: 'no close of the last 30 days is known, or monthly outflow is unknown or 0',
    riskDirection: 1,
    weight: 0.5,
    alarm: 1,
    reason: 'A balance that swings by a month of outflow lacks a floor; less weight: one large purchase does it too.',
    officer: (v) => `Balance swings by ${tenth(v)} months of usual spending`,
    customer: () => 'Your balance has moved up and down more than usual',
  },
  {
    name: 'days_below_usual_minimum_30d',
    group: 'savings',
    unit: 'days',
    min: 0,
    max: 30,
    windowDays: 90,
    unknownWhen: 'balances are unknown in either window, or fewer than 14 days of the baseline are observed',
    riskDirection: 1,
    weight: 1,
    alarm: 10,
    reason: 'By construction a calm customer has about 3 such days of 30; 10 is a lasting change.',
    officer: (v) => `${counted(v, 'day', 'days')} of the last 30 under the usual lowest balance`,
    customer: () => 'Your balance has been lower than usual on several days',
  },
];
