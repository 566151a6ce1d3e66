/** Dates as days since 1970-01-01, the proleptic Gregorian calendar, and European local time, without a clock or a zone table. */

export const DAY_MS = 86_400_000;

export interface CivilDate {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  /** 1-31. */
  readonly day: number;
}

/** Days since the epoch of a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
export function dayOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** The civil date of a day since the epoch; the inverse of {@link dayOf}. */
export function civilOf(dayNumber: number): CivilDate {
  const z = dayNumber + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted + (shifted < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** 0 is Monday, 6 is Sunday. */
export function weekdayOf(dayNumber: number): number {
  return (((dayNumber + 3) % 7) + 7) % 7;
}

export function isWeekend(dayNumber: number): boolean {
  return weekdayOf(dayNumber) >= 5;
}

export function daysInMonth(year: number, month: number): number {
  return month === 12 ? 31 : dayOf(year, month + 1, 1) - dayOf(year, month, 1);
}

/** The same day of the month some months later, or that month's last day. */
export function addMonths(dayNumber: number, months: number): number {
  const { year, month, day } = civilOf(dayNumber);
  const index = year * 12 + month - 1 + months;
  const toYear = Math.floor(index / 12);
  const toMonth = (index % 12) + 1;
  return dayOf(toYear, toMonth, Math.min(day, daysInMonth(toYear, toMonth)));
}

/** The day of this month on which something fixed to `dayOfMonth` falls (the last day of a shorter month). */
export function onDayOfMonth(dayNumber: number, dayOfMonth: number): number {
  const { year, month } = civilOf(dayNumber);
  return dayOf(year, month, Math.min(dayOfMonth, daysInMonth(year, month)));
}

/** The Monday after a weekend day; any other day itself. */
export function nextWorkday(dayNumber: number): number {
  const weekday = weekdayOf(dayNumber);
  return weekday < 5 ? dayNumber : dayNumber + 7 - weekday;
}

/** The Friday before a weekend day; any other day itself. */
export function previousWorkday(dayNumber: number): number {
  const weekday = weekdayOf(dayNumber);
  return weekday < 5 ? dayNumber : dayNumber + 4 - weekday;
}

/** Minutes ahead of UTC on a date, for a zone of the European Union (summer time from the last Sunday of March to October's). */
export function utcOffsetMinutes(standardMinutes: number, dayNumber: number): number {
  const { first, last } = summerOf(civilOf(dayNumber).year);
  return dayNumber >= first && dayNumber < last ? standardMinutes + 60 : standardMinutes;
}

/** Summer time of a year, [first, last): asked for at every transaction, and the same for all. */
function summerOf(year: number): { readonly first: number; readonly last: number } {
  const known = SUMMERS.get(year);
  if (known !== undefined) return known;
  const summer = { first: lastSunday(year, 3), last: lastSunday(year, 10) };
  SUMMERS.set(year, summer);
  return summer;
}

const SUMMERS = new Map<number, { readonly first: number; readonly last: number }>();

function lastSunday(year: number, month: number): number {
  const last = dayOf(year, month, daysInMonth(year, month));
  return last - ((weekdayOf(last) + 1) % 7);
}
