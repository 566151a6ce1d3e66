import { dayInMonth, monthOf } from '../calendar/days.ts';
import { type Credits, LOOK_BACK_DAYS, SALARIES_KEPT, type SalaryCycle } from './salary-detection.ts';

/**
 * The salary features, from the salaries known at t and the expected pay dates.
 *
 * Expected dates: with a salary day in the profile that day of every month (half a cycle is 15 days); else the found cycle's
 * last salary + k whole gaps (the median gap rounded half up; half a cycle is half the median gap). Salaries: those of the found
 * cycle, else, where only the profile names a day, every large credit of the last 400 days.
 *
 * Delay: if an expected date after the last salary's own has passed, the days since the first such date, up to 90; else how
 * late the last salary was against the expected date that it answers. With a found cycle that is the latest one at or before
 * it (counted from the salary before), with a profile's day the nearest one.
 */

/** A salary this overdue is no longer expected: obligation_cover_30d does not count on it. */
export const LONGEST_DELAY_DAYS = 90;
const MONTH_HALF_DAYS = 15;
const COMPARED_SALARIES = 6;

/** The salaries and expectations at t; filled by {@link prepareSalary}. */
export interface SalaryView {
  known: boolean;
  count: number;
  readonly days: Float64Array;
  readonly amountsMinor: Float64Array;
  /** Null: expected by gap. */
  dayOfMonth: number | null;
  gapDays: number;
  /** No date before it is expected. */
  firstEntryDay: number;
}

export function emptySalaryView(): SalaryView {
  return {
    known: false,
    count: 0,
    days: new Float64Array(SALARIES_KEPT),
    amountsMinor: new Float64Array(SALARIES_KEPT),
    dayOfMonth: null,
    gapDays: 0,
    firstEntryDay: 0,
  };
}

/** Fills the view at date `today`. `firstEntryDay` must be finite. */
export function prepareSalary(
  view: SalaryView,
  cycle: SalaryCycle,
  credits: Credits,
  dayOfMonth: number | null,
  firstEntryDay: number,
  today: number,
): void {
  view.known = cycle.group !== 0 || dayOfMonth !== null;
  view.dayOfMonth = dayOfMonth;
  view.gapDays = cycle.gapDays;
  view.firstEntryDay = firstEntryDay;
  view.count = 0;
  if (cycle.group !== 0) {
    view.count = cycle.count;
    view.days.set(cycle.days);
    view.amountsMinor.set(cycle.amountsMinor);
  } else if (dayOfMonth !== null) {
    collectLarge(view, credits, today);
  }
}

/** The latest large credits, oldest first. */
function collectLarge(view: SalaryView, credits: Credits, today: number): void {
  let from = credits.count;
  let held = 0;
  while (from > 0 && held < SALARIES_KEPT && credits.day[from - 1]! > today - LOOK_BACK_DAYS) {
    from--;
    held += credits.large[from]!;
  }
  for (let i = from; i < credits.count; i++) {
    if (credits.large[i] === 0) continue;
    view.days[view.count] = credits.day[i]!;
    view.amountsMinor[view.count] = credits.amountMinor[i]!;
    view.count++;
  }
}

export function salaryDelayDays(view: SalaryView, today: number): number {
  if (!view.known) return Number.NaN;
  const next = view.count === 0 ? firstExpected(view) : nextExpected(view, view.count - 1);
  if (next < today) return Math.min(today - next, LONGEST_DELAY_DAYS);
  if (view.count === 0) return 0;
  return Math.max(0, Math.min(lateness(view), LONGEST_DELAY_DAYS));
}

/** Latest salary against the median of up to six before it; NaN with fewer than two. */
export function latestAndUsual(view: SalaryView): { latest: number; usual: number } | null {
  if (!view.known || view.count < 2) return null;
  return { latest: view.amountsMinor[view.count - 1]!, usual: medianOf(view, view.count - 1) };
}

export function missedCycles(view: SalaryView, today: number): number {
  if (!view.known) return Number.NaN;
  const half = view.dayOfMonth === null ? view.gapDays / 2 : MONTH_HALF_DAYS;
  return view.dayOfMonth === null ? missedByGap(view, today, half) : missedByMonth(view, view.dayOfMonth, today, half);
}

/** What the cycle expects to be paid in today+1 ... today+days: each date counts the median of the latest six; NaN: nothing is expected any more. */
export function expectedMinor(view: SalaryView, today: number, days: number): number {
  if (!view.known || view.count === 0 || salaryDelayDays(view, today) >= LONGEST_DELAY_DAYS) return Number.NaN;
  let dates = 0;
  if (view.dayOfMonth === null) {
    const gap = wholeGap(view);
    const last = view.days[view.count - 1]!;
    dates = Math.floor((today + days - last) / gap) - Math.floor((today - last) / gap);
  } else {
    for (let month = monthOf(today); month <= monthOf(today + days); month++) {
      const day = dayInMonth(month, view.dayOfMonth);
      if (day > today && day <= today + days) dates++;
    }
  }
  return dates * medianOf(view, view.count);
}

const sorted = new Float64Array(COMPARED_SALARIES);

/** Median of up to six amounts that end before index `end`. */
function medianOf(view: SalaryView, end: number): number {
  const from = Math.max(0, end - COMPARED_SALARIES);
  const n = end - from;
  for (let k = 0; k < n; k++) {
    const value = view.amountsMinor[from + k]!;
    let i = k;
    for (; i > 0 && sorted[i - 1]! > value; i--) sorted[i] = sorted[i - 1]!;
    sorted[i] = value;
  }
  return (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
}

function wholeGap(view: SalaryView): number {
  return Math.floor(view.gapDays + 0.5);
}

/** The first expected date after the one that salary i answers. */
function nextExpected(view: SalaryView, i: number): number {
  const day = view.days[i]!;
  if (view.dayOfMonth === null) return day + wholeGap(view);
  const answered = nearestMonth(day, view.dayOfMonth);
  return dayInMonth(answered + 1, view.dayOfMonth);
}

function firstExpected(view: SalaryView): number {
  const month = monthOf(view.firstEntryDay);
  const day = dayInMonth(month, view.dayOfMonth!);
  return day >= view.firstEntryDay ? day : dayInMonth(month + 1, view.dayOfMonth!);
}

/** The month whose expected date is nearest to a day; ties: the earlier. */
function nearestMonth(day: number, dayOfMonth: number): number {
  const month = monthOf(day);
  let nearest = month - 1;
  for (let m = month; m <= month + 1; m++) {
    const distance = Math.abs(dayInMonth(m, dayOfMonth) - day);
    if (distance < Math.abs(dayInMonth(nearest, dayOfMonth) - day)) nearest = m;
  }
  return nearest;
}

/** Days by which the last salary came after the expected date that it answers; negative: before it. */
function lateness(view: SalaryView): number {
  const day = view.days[view.count - 1]!;
  if (view.dayOfMonth !== null) return day - dayInMonth(nearestMonth(day, view.dayOfMonth), view.dayOfMonth);
  if (view.count < 2) return 0;
  const before = view.days[view.count - 2]!;
  const gap = wholeGap(view);
  return day - before - gap * Math.max(1, Math.floor((day - before) / gap));
}

/** Between two salaries, and after the last: every whole gap that no salary answers within half a cycle. */
function missedByGap(view: SalaryView, today: number, half: number): number {
  const gap = wholeGap(view);
  let missed = 0;
  for (let i = 0; i < view.count; i++) {
    const until = i + 1 < view.count ? view.days[i + 1]! : today;
    for (let day = view.days[i]! + gap; until - day > half; day += gap) if (day > today - 90) missed++;
  }
  return missed;
}

function missedByMonth(view: SalaryView, dayOfMonth: number, today: number, half: number): number {
  let missed = 0;
  for (let month = monthOf(today - 89); month <= monthOf(today); month++) {
    const day = dayInMonth(month, dayOfMonth);
    if (day > today - 90 && day >= view.firstEntryDay && today - day > half && !hasSalary(view, day, half)) missed++;
  }
  return missed;
}

function hasSalary(view: SalaryView, day: number, half: number): boolean {
  for (let i = 0; i < view.count; i++) if (Math.abs(view.days[i]! - day) <= half) return true;
  return false;
}
