import type { FeatureDefinition } from '../types.ts';
import { counted, higher, lower, share, tenth } from './wording.ts';

const noChannel = 'the feed tells no channel';
const baseline = 'fewer than 14 days of the baseline are observed';

export const cash: readonly FeatureDefinition[] = [
  {
    name: 'cash_withdrawal_frequency_rise_30d',
    group: 'cash',
    unit: 'count',
    min: null,
    max: null,
    windowDays: 90,
    unknownWhen: `${noChannel}, or ${baseline}`,
    riskDirection: 1,
    weight: 0.75,
    alarm: 4,
    reason: 'One more a week; less weight: cash has many harmless reasons.',
    officer: (v) =>
      v >= 0
        ? `${tenth(v)} cash withdrawals more than usual in 30 days`
        : `${tenth(-v)} cash withdrawals fewer than usual in 30 days`,
    customer: () => 'You withdrew cash more or less often than usual',
  },
  {
    name: 'cash_withdrawal_size_rise_30d_pct',
    group: 'cash',
    unit: 'percent',
    min: -100,
    max: 500,
    windowDays: 90,
    unknownWhen: `${noChannel}, ${baseline}, or either window has no withdrawal`,
    riskDirection: 1,
    weight: 0.5,
    alarm: 100,
    reason: 'Doubled withdrawals; less weight: one large one moves the mean.',
    officer: (v) => `The average cash withdrawal is ${higher(v)} than usual`,
    customer: () => 'Your cash withdrawals differ in size from usual',
  },
  {
    name: 'cash_share_30d',
    group: 'cash',
    unit: 'share',
    min: 0,
    max: 1,
    windowDays: 30,
    unknownWhen: `${noChannel}, or nothing flowed out in the last 30 days`,
    riskDirection: 1,
    weight: 0.5,
    alarm: 0.6,
    reason: 'More than half of spending in cash hides where it goes; less weight: for some it is habit.',
    officer: (v) => `${share(v)} of spending of the last 30 days is cash`,
    customer: () => 'A larger part of your spending is in cash',
  },
];

export const patterns: readonly FeatureDefinition[] = [
  {
    name: 'transaction_frequency_drop_30d_pct',
    group: 'patterns',
    unit: 'percent',
    min: -500,
    max: 100,
    windowDays: 90,
    unknownWhen: `${baseline}, or the baseline has no entry`,
    riskDirection: 0,
    weight: 0.75,
    alarm: 50,
    reason: 'Half the usual activity; less weight: an account used elsewhere looks the same.',
    officer: (v) => `The number of transactions is ${lower(v)} than usual`,
    customer: () => 'Your account is used more or less than usual',
  },
  {
    name: 'inactive_days_30d',
    group: 'patterns',
    unit: 'days',
    min: 0,
    max: 30,
    windowDays: 30,
    unknownWhen: 'there is no entry yet',
    riskDirection: 0,
    weight: 0.5,
    alarm: 25,
    reason: 'Nearly a month without an entry; less weight: quiet accounts are often calm ones.',
    officer: (v) => `${counted(v, 'day', 'days')} of the last 30 without a transaction`,
    customer: () => 'Your account was quiet on many days',
  },
  {
    name: 'time_of_day_consistency_30d',
    group: 'patterns',
    unit: 'share',
    min: 0,
    max: 1,
    windowDays: 30,
    unknownWhen: 'only dates are known, or there is no entry in the last 30 days',
    riskDirection: 0,
    weight: 0,
    alarm: null,
    reason: 'The hours of a day say nothing of stress by themselves: no weight, no alarm.',
    officer: (v) => `Transactions are made at ${v >= 0.5 ? 'regular' : 'irregular'} hours (${share(v)})`,
    customer: () => 'The hours at which you use your account',
  },
];

const composed = { group: 'derived', windowDays: 0, riskDirection: 1, weight: 0, alarm: null } as const;

export const derived: readonly FeatureDefinition[] = [
  {
    ...composed,
    name: 'stress_composite',
    unit: 'share',
    min: 0,
    max: 1,
    unknownWhen: 'the features known carry less than half of the total weight',
    reason: 'Derived: it has no part in itself.',
    officer: (v) => `${share(v)} of the stress that the signals can show together`,
    customer: () => 'Several signs together have changed',
  },
  {
    ...composed,
    name: 'stress_velocity_7d',
    unit: 'share',
    min: -1,
    max: 1,
    unknownWhen: 'the composite is unknown now or 7 days before',
    reason: 'Derived: it has no part in the composite.',
    officer: (v) => `Signals of stress ${v >= 0 ? 'rose' : 'fell'} by ${share(Math.abs(v))} in 7 days`,
    customer: () => 'Several signs have changed in the last week',
  },
  {
    ...composed,
    name: 'anomaly_count_30d',
    unit: 'count',
    min: 0,
    max: 27,
    unknownWhen: 'none of the 27 features before is known',
    reason: 'Derived: it has no part in the composite.',
    officer: (v) => `${counted(v, 'signal', 'signals')} of 27 at a clearly stressed level`,
    customer: () => 'Several signs are unusual',
  },
];
