import type { FeatureDefinition } from '../types.ts';
import { counted, share } from './wording.ts';

const noObligations = 'the feed tells no obligations';

/** Outside the 27, hence without weight or alarm. */
const common = {
  group: 'commitments',
  weight: 0,
  alarm: null,
  reason: 'What lies ahead, or a habit of years, not a change: outside the composite.',
} as const;

/** What a customer has to pay in the coming weeks, and how they have paid as long as they are known. */
export const commitments: readonly FeatureDefinition[] = [
  {
    ...common,
    name: 'obligations_due_45d',
    unit: 'count',
    min: 0,
    max: null,
    windowDays: 0,
    unknownWhen: noObligations,
    riskDirection: 1,
    officer: (v) => `${counted(v, 'payment falls', 'payments fall')} due in the next 45 days`,
    customer: () => 'How many regular payments you have coming up',
  },
  {
    ...common,
    name: 'obligation_burden_45d',
    unit: 'ratio',
    min: 0,
    max: null,
    windowDays: 365,
    unknownWhen: `${noObligations}, no whole calendar month is observed, or none has a credit`,
    riskDirection: 1,
    officer: (v) => `What falls due in the next 45 days is ${share(v)} of a usual month's income`,
    customer: () => 'How your upcoming payments compare with your income',
  },
  {
    ...common,
    name: 'late_payment_share_history',
    unit: 'share',
    min: 0,
    max: 1,
    windowDays: 0,
    unknownWhen: `${noObligations}, or none fell due 3 or more days ago`,
    riskDirection: 1,
    officer: (v) => `${share(v)} of all payments due so far were made 3 or more days late`,
    customer: () => 'How punctually regular payments have been made over time',
  },
];
