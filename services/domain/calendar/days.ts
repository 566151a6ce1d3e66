/**
 * Dates as whole numbers: days since 1970-01-01 (a Thursday), proleptic Gregorian, no time zone and no clock.
 * Source of the conversions: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The date on which an instant falls at a local offset from UTC. */
export function dayOf(instantMs: number, utcOffsetMinutes: number): number {
  return Math.floor((instantMs + utcOffsetMinutes * MINUTE_MS) / DAY_MS);
}

/** The last instant (millisecond) of a date at a local offset: what a query means that names a date only. */
export function lastInstantOf(day: number, utcOffsetMinutes: number): number {
  return (day + 1) * DAY_MS - utcOffsetMinutes * MINUTE_MS - 1;
}

/** Saturday or Sunday. */
export function isWeekend(day: number): boolean {
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}

/** How many Saturdays and Sundays lie in the dates from...to, both inclusive; 0 if to < from. */
export function weekendDays(from: number, to: number): number {
  let count = 0;
  const span = to - from + 1;
  if (span <= 0) return 0;
  const whole = Math.floor(span / 7);
  for (let day = from + whole * 7; day <= to; day++) if (isWeekend(day)) count++;
  return whole * 2 + count;
}

/** Months since year 0: year * 12 + (month - 1). Consecutive calendar months differ by 1. */
export function monthOf(day: number): number {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 2 : shifted - 10;
  const year = yearOfEra + era * 400 + (month <= 1 ? 1 : 0);
  return year * 12 + month;
}

/** First date of a month as {@link monthOf} counts them. */
export function firstDayOfMonth(month: number): number {
  const year = Math.floor(month / 12);
  const m = month - year * 12 + 1;
  const y = m <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date in a month with a day of the month, 1-31, or the month's last date where it is shorter. */
export function dayInMonth(month: number, dayOfMonth: number): number {
  return Math.min(firstDayOfMonth(month) + dayOfMonth - 1, firstDayOfMonth(month + 1) - 1);
}

/** Day of the month, 1-31. */
export function dayOfMonth(day: number): number {
  return day - firstDayOfMonth(monthOf(day)) + 1;
}

/** ISO 8601 date (YYYY-MM-DD) to a day; null if it is no date. */
export function parseDay(iso: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso);
  if (match === null) return null;
  const month = Number(match[2]);
  if (month < 1 || month > 12) return null;
  const first = firstDayOfMonth(Number(match[1]) * 12 + month - 1);
  const day = first + Number(match[3]) - 1;
  return day >= first && monthOf(day) === monthOf(first) ? day : null;
}

/** A day as ISO 8601 (YYYY-MM-DD). */
export function formatDay(day: number): string {
  const month = monthOf(day);
  const year = Math.floor(month / 12);
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  return `${pad(year, 4)}-${pad(month - year * 12 + 1, 2)}-${pad(dayOfMonth(day), 2)}`;
}
