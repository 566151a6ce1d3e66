import type { Obligation } from '../bank/profile.ts';
import { dayInMonth, dayOfMonth, monthOf } from '../calendar/days.ts';

/**
 * Due dates of an obligation that lie in fromDay...toDay (days since the epoch, both inclusive), in order. By months the day is
 * the first due date's, or the month's last; a single payment (no interval) is due once. lastDueDay is inclusive.
 */
export function dueDates(obligation: Obligation, fromDay: number, toDay: number): number[] {
  const last = Math.min(toDay, obligation.lastDueDay ?? toDay);
  const { firstDueDay, interval } = obligation;
  if (interval === null) return firstDueDay >= fromDay && firstDueDay <= last ? [firstDueDay] : [];
  return interval.kind === 'days'
    ? everyDays(firstDueDay, interval.days, fromDay, last)
    : everyMonths(firstDueDay, interval.months, fromDay, last);
}

function everyDays(first: number, days: number, from: number, last: number): number[] {
  const due: number[] = [];
  const skipped = Math.max(0, Math.ceil((from - first) / days));
  for (let day = first + skipped * days; day <= last; day += days) due.push(day);
  return due;
}

function everyMonths(first: number, months: number, from: number, last: number): number[] {
  const due: number[] = [];
  const firstMonth = monthOf(first);
  const wanted = dayOfMonth(first);
  const skipped = Math.max(0, Math.floor((monthOf(from) - firstMonth) / months));
  for (let month = firstMonth + skipped * months; ; month += months) {
    const day = dayInMonth(month, wanted);
    if (day > last) return due;
    if (day >= from) due.push(day);
  }
}
