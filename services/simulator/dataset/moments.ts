import { DAY_MS, firstDayOfMonth, monthOf } from '../../domain/calendar/days.ts';
import { childKey, type Key, randomOf, rootKey } from '../../domain/synthetic-bank/random.ts';
import type { TablePlan } from './plan.ts';

/**
 * One seeded random moment a customer and calendar month (UTC), to the second. Never the time of a transaction by design: trigger
 * times carry the label's shadow. A moment depends on the seed, the customer's id and the month, and on nothing else.
 */
export function* momentsOf(
  seed: number,
  customerId: string,
  fromMs: number,
  endMs: number,
): Generator<number, void, undefined> {
  const key: Key = childKey(childKey(rootKey(seed), 'moments'), customerId);
  const lastMonth = monthOf(Math.floor((endMs - 1) / DAY_MS));
  for (let month = monthOf(Math.floor(fromMs / DAY_MS)); month <= lastMonth; month++) {
    const firstDay = firstDayOfMonth(month);
    const seconds = (firstDayOfMonth(month + 1) - firstDay) * 86_400;
    yield (firstDay * 86_400 + Math.floor(randomOf(childKey(key, month)).uniform() * seconds)) * 1000;
  }
}

/** Where a row is taken. */
export interface Snapshot {
  readonly tMs: number;
  /** Days before its moment. */
  readonly lagDays: number;
}

/** Every t of a customer that lies in the plan's range, in order of time; at one time the smaller lag comes first. */
export function snapshotsOf(plan: TablePlan, customerId: string, firstMs: number): Snapshot[] {
  const { seed, dataEndMs, fromMs, toMs, lagsDays } = plan;
  const moments = [...momentsOf(seed, customerId, firstMs, dataEndMs)];
  return lagsDays
    .flatMap((lagDays) => moments.map((momentMs) => ({ tMs: momentMs - lagDays * DAY_MS, lagDays })))
    .filter(({ tMs }) => tMs >= fromMs && tMs < toMs)
    .sort((a, b) => a.tMs - b.tMs || a.lagDays - b.lagDays);
}
