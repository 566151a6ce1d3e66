import type { FeatureDefinition } from '../types.ts';
import { higher, lower } from './wording.ts';

const baseline = 'fewer than 14 days of the baseline are observed';
const noCategories = 'the feed tells no spending categories';

function drop(
  name: string,
  noDirection: string,
  unknownWhen: string,
  weight: number,
  alarm: number,
  reason: string,
  officer: (value: number) => string,
  customer: string,
): FeatureDefinition {
  const common = { group: 'spending', unit: 'percent', min: -500, max: 100, windowDays: 90, riskDirection: 0 } as const;
  return { name, ...common, noDirection, unknownWhen, weight, alarm, reason, officer, customer: () => customer };
}

function rise(
  name: string,
  noDirection: string,
  unknownWhen: string,
  weight: number,
  alarm: number,
  reason: string,
  officer: (value: number) => string,
  customer: string,
): FeatureDefinition {
  const common = { group: 'spending', unit: 'percent', min: -100, max: 500, windowDays: 90, riskDirection: 0 } as const;
  return { name, ...common, noDirection, unknownWhen, weight, alarm, reason, officer, customer: () => customer };
}

export const spending: readonly FeatureDefinition[] = [
  drop(
    'discretionary_spend_drop_7d_pct',
    'A short drop says that saving begins; where it has lasted, a week is as low as the weeks before.',
    `${noCategories}, ${baseline}, or the baseline has no such spending`,
    0.5,
    80,
    'A quiet week is common; less weight, and only a near stop counts.',
    (v) => `Non-essential spending of the last week is ${lower(v)} than usual`,
    'You spent differently from usual in the last week',
  ),
  drop(
    'discretionary_spend_drop_30d_pct',
    'A trouble that lasts enters the baseline: the drop fades while the danger is highest.',
    `${noCategories}, ${baseline}, or the baseline has no such spending`,
    1,
    50,
    'Halving what can be cut over a whole month is a decision, not chance.',
    (v) => `Non-essential spending of the last 30 days is ${lower(v)} than usual`,
    'You spent differently from usual in the last month',
  ),
  rise(
    'essential_spend_rise_30d_pct',
    'What stays high enters the baseline; and less of it is as often a customer who buys elsewhere.',
    `${noCategories}, ${baseline}, or either window lacks such spending`,
    1,
    40,
    'Necessities are steady: 40 % more for a month presses on all the rest.',
    (v) => `Essential spending of the last 30 days is ${higher(v)} than usual`,
    'Your essential spending has changed in the last month',
  ),
  rise(
    'total_spend_change_30d_pct',
    'More spending is stress or wealth; less of it is saving or want.',
    `${baseline}, or the baseline has no outflow`,
    0.5,
    60,
    'More spending is stress or wealth; less weight, as the direction alone does not tell.',
    (v) => `Total spending of the last 30 days is ${higher(v)} than usual`,
    'Your total spending has changed in the last month',
  ),
  drop(
    'merchant_diversity_drop_30d_pct',
    'It dates a change: at first it says that trips are given up, later that this is long over.',
    'the feed tells no merchants, fewer than 60 days of the baseline are observed, or it has no merchant',
    0.75,
    50,
    'Half the usual shops left means trips given up; less weight: holidays do it too.',
    (v) => `The number of merchants used is ${lower(v)} than usual`,
    'You used a different number of shops from usual',
  ),
  rise(
    'average_transaction_change_30d_pct',
    'Up by one large purchase, or by small ones given up; down by thrift, or by many small debts.',
    `either window has no debit, or ${baseline}`,
    0.5,
    100,
    'A doubled mean debit is a large single payment as often as stress; less weight.',
    (v) => `The average payment of the last 30 days is ${higher(v)} than usual`,
    'Your average payment has changed in the last month',
  ),
  drop(
    'weekend_spend_drop_30d_pct',
    'It dates a change: at first it says that leisure is given up, later that this is long over.',
    `${baseline}, no weekend day is observed in either window, or the baseline has no weekend spending`,
    0.5,
    60,
    'Weekends are leisure; less weight: few days, large chance.',
    (v) => `Weekend spending is ${lower(v)} than usual`,
    'Your weekend spending has changed in the last month',
  ),
];
