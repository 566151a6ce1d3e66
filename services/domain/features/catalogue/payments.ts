import type { FeatureDefinition } from '../types.ts';
import { counted, share, tenth, whole } from './wording.ts';

const noObligations = 'the feed tells no obligations';

export const payments: readonly FeatureDefinition[] = [
  {
    name: 'payment_lateness_days_30d',
    group: 'payments',
    unit: 'days',
    min: 0,
    max: 90,
    windowDays: 0,
    unknownWhen: `${noObligations}, or none fell due in the last 30 days and none older is unpaid`,
    riskDirection: 1,
    weight: 2,
    alarm: 5,
    reason: 'Five days past due is where collections begin; double weight: it is the outcome itself beginning.',
    officer: (v) => `Payments are ${tenth(v)} days late on average`,
    customer: () => 'Some regular payments were made after their due date',
  },
  {
    name: 'bill_payment_count_drop_30d',
    group: 'payments',
    unit: 'count',
    min: null,
    max: null,
    windowDays: 90,
    unknownWhen: 'the feed tells no bill categories, or fewer than 14 days of the baseline are observed',
    riskDirection: 1,
    weight: 1,
    alarm: 2,
    reason: 'One bill may slip over the end of the window; two are left unpaid.',
    officer: (v) =>
      v >= 0
        ? `${tenth(v)} bills fewer than usual paid in 30 days`
        : `${tenth(-v)} bills more than usual paid in 30 days`,
    customer: () => 'The number of bills paid in the last month differs from usual',
  },
  {
    name: 'failed_debit_count_30d',
    group: 'payments',
    unit: 'count',
    min: 0,
    max: null,
    windowDays: 30,
    unknownWhen: 'the feed tells no failures',
    riskDirection: 1,
    weight: 1.5,
    alarm: 2,
    reason:
      'One refused debit can be a mistyped limit; a second one is a lack of money; more weight: it is hard evidence.',
    officer: (v) => `${counted(v, 'payment', 'payments')} failed in the last 30 days`,
    customer: () => 'A payment could not be completed recently',
  },
  {
    name: 'partial_payment_share_90d',
    group: 'payments',
    unit: 'share',
    min: 0,
    max: 1,
    windowDays: 90,
    unknownWhen: `${noObligations}, or none fell due in the last 90 days`,
    riskDirection: 1,
    weight: 1,
    alarm: 0.25,
    reason: 'A quarter of what was due in three months left open is more than one payment that is a day behind.',
    officer: (v) => `${share(v)} of the payments due in the last 90 days are not fully paid`,
    customer: () => 'Some regular payments are not complete yet',
  },
  {
    name: 'payment_timing_shift_days',
    group: 'payments',
    unit: 'days',
    min: -105,
    max: 105,
    windowDays: 90,
    unknownWhen: `${noObligations}, nothing fell due in either window, or fewer than 14 days of the baseline are observed`,
    riskDirection: 0,
    weight: 1,
    alarm: 5,
    reason: 'Habits of paying move by a day or two; five days later is waiting for money.',
    officer: (v) =>
      v >= 0
        ? `Payments are made ${whole(v)} days later than usual`
        : `Payments are made ${whole(v)} days earlier than usual`,
    customer: () => 'Regular payments are made at a different time from usual',
  },
  {
    name: 'payment_undershoot_pct_30d',
    group: 'payments',
    unit: 'percent',
    min: 0,
    max: 100,
    windowDays: 0,
    unknownWhen: `${noObligations}, or none fell due in the last 30 days and none older is unpaid`,
    riskDirection: 1,
    weight: 1,
    alarm: 20,
    reason: 'A fifth of what is due left open is more than a rounded instalment.',
    officer: (v) => `${whole(v)} % of what is due is not paid`,
    customer: () => 'Part of your regular payments is still open',
  },
];
