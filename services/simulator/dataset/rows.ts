import type { Profile } from '../../domain/bank/profile.ts';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { profileAt } from '../../domain/features/as-of.ts';
import type { Observation } from '../../domain/features/types.ts';
import { ELIGIBILITY_LIMITS, type Eligibility, type EligibilityLimits } from '../../domain/obligations/eligibility.ts';
import { createMissJudge } from '../../domain/obligations/label.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { type Cursor, createCursor } from './cursor.ts';
import type { LeakCheck } from './leak-check.ts';
import { snapshotsOf } from './moments.ts';
import type { TablePlan } from './plan.ts';
import { COUNTER_OF, type Waterfalls } from './waterfall.ts';

export interface DatasetRow {
  readonly tMs: number;
  readonly lagDays: number;
  readonly label: 0 | 1;
  /** At t. */
  readonly profile: Profile | null;
  /** In the order of the catalogue; NaN: unknown. */
  readonly values: Float64Array;
}

export interface RowCounters {
  readonly waterfalls: Waterfalls;
  readonly leakCheck: LeakCheck;
}

/** The labelled rows of one customer, in order of t; every candidate is counted once. @throws LeakError */
export function* datasetRows(
  history: CustomerHistory,
  plan: TablePlan,
  { waterfalls, leakCheck }: RowCounters,
  cursor: Cursor = createCursor(plan.currency, history.rows),
): Generator<DatasetRow, void, undefined> {
  const first = history.rows[0];
  if (first === undefined) return;
  const judge = createMissJudge(history.rows, plan.label);
  const eligibilityOf = isUsual(plan.label)
    ? ({ eligibility }: Observation) => eligibility
    : (_: Observation, profile: Profile | null, tMs: number): Eligibility => judge.eligibilityAt(profile, tMs);
  const lastMs = plan.dataEndMs - plan.censorDays * DAY_MS;
  for (const { tMs, lagDays } of snapshotsOf(plan, history.customerId, first.bookedMs)) {
    const counts = waterfalls.get(lagDays)!;
    counts.customerMonths++;
    if (tMs > lastMs) {
      counts.censored++;
      continue;
    }
    const profile = profileAt(history.profiles, tMs);
    const observation = cursor.observeAt(profile, tMs);
    if (observation === null) {
      counts.noHistory++;
      continue;
    }
    leakCheck.look(tMs, observation);
    const eligibility = eligibilityOf(observation, profile, tMs);
    counts[COUNTER_OF[eligibility]]++;
    if (eligibility !== 'eligible') continue;
    const label = judge.labelAt(profile, tMs);
    counts.positives += label;
    yield { tMs, lagDays, label, profile, values: observation.values };
  }
}

/** Then the live path has judged already. */
function isUsual(limits: EligibilityLimits): boolean {
  return (Object.keys(ELIGIBILITY_LIMITS) as (keyof EligibilityLimits)[]).every(
    (name) => limits[name] === ELIGIBILITY_LIMITS[name],
  );
}
