import type { FeatureDefinition } from '../types.ts';
import { higher, lower } from './wording.ts';

const baseline = 'fewer than 14 days of the baseline are observed';
const noCategories = 'the feed tells no spending categories';

function drop(
  name: string,
  riskDirection: 0 | 1,
  unknownWhen: string,
  weight: number,
  alarm: number,
  reason: string,
  officer: (value: number) => string,
  customer: string,
): FeatureDefinition {
  const common = { group: 'spending', unit: 'percent', min: -500, max: 100, windowDays: 90 } as const;
  return { name, ...common, riskDirection, unknownWhen, weight, alarm, reason, officer, customer: () => customer };
}

function rise(
  name: string,
  riskDirection: 0 | 1,
  unknownWhen: string,
  weight: number,
  alarm: number,
  reason: string,
  officer: (value: number) => string,
  customer: string,
): FeatureDefinition {
  const common = { group: 'spending', unit: 'percent', min: -100, max: 500, windowDays: 90 } as const;
  return { name, ...common, riskDirection, unknownWhen, weight, alarm, reason, officer, customer: () => customer };
}

export const spending: readonly FeatureDefinition[] = [
  drop(
    'discretionary_spend_drop_7d_pct',
    0,
    `${noCategories}, ${baseline}, or the baseline has no such spending`,
    0.5,
    80,
    'A quiet week is common; less weight, and only a near stop counts.',
    (v) => `Non-essential spending of the last week is ${lower(v)} than usual`,
    'You spent differently from usual in the last week',
  ),
  drop(
    'discretionary_spend_drop_30d_pct',
    0,
    `${noCategories}, ${baseline}, or the baseline has no such spending`,
    1,
    50,
    'Halving what can be cut over a whole month is a decision, not chance. No direction: a trouble that lasts enters the baseline, so the drop fades while the danger is highest.',
    (v) => `Non-essential spending of the last 30 days is ${lower(v)} than usual`,
    'You spent differently from usual in the last month',
  ),
  rise(
    'essential_spend_rise_30d_pct',
    0,
    `${noCategories}, ${baseline}, or either window lacks such spending`,
    1,
    40,
    'Necessities are steady: 40 % more for a month presses on all the rest. No direction: what stays high enters the baseline.',
    (v) => `Essential spending of the last 30 days is ${higher(v)} than usual`,
    'Your essential spending has changed in the last month',
  ),
  rise(
    'total_spend_change_30d_pct',
    0,
    `${baseline}, or the baseline has no outflow`,
    0.5,
    60,
    'More spending is stress or wealth; less weight, as the direction alone does not tell.',
    (v) => `Total spending of the last 30 days is ${higher(v)} than usual`,
    'Your total spending has changed in the last month',
  ),
  drop(
    'merchant_diversity_drop_30d_pct',
    0,
    'the feed tells no merchants, fewer than 60 days of the baseline are observed, or it has no merchant',
    0.75,
    50,
    'Half the usual shops left means trips given up; less weight: holidays do it too.',
    (v) => `The number of merchants used is ${lower(v)} than usual`,
    'You used a different number of shops from usual',
  ),
  rise(
    'average_transaction_change_30d_pct',
    0,
    `either window has no debit, or ${baseline}`,
    0.5,
    100,
    'A doubled mean debit is a large single payment as often as stress; less weight.',
    (v) => `The average payment of the last 30 days is ${higher(v)} than usual`,
    'Your average payment has changed in the last month',
  ),
  drop(
    'weekend_spend_drop_30d_pct',
    0,
    `${baseline}, no weekend day is observed in either window, or the baseline has no weekend spending`,
    0.5,
    60,
    'Weekends are leisure; less weight: few days, large chance.',
    (v) => `Weekend spending is ${lower(v)} than usual`,
    'Your weekend spending has changed in the last month',
  ),
];
