/** What a bank needs of the calendar beyond {@link ../calendar/days.ts}: working days, and European local time without a zone table. */
import { dayInMonth, dayOfMonth, firstDayOfMonth, monthOf } from '../calendar/days.ts';

export interface CivilDate {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  /** 1-31. */
  readonly day: number;
}

/** Days since the epoch of a civil date. */
export function dayOfDate(year: number, month: number, day: number): number {
  return firstDayOfMonth(year * 12 + month - 1) + day - 1;
}

/** The civil date of a day since the epoch; the inverse of {@link dayOfDate}. */
export function civilOf(dayNumber: number): CivilDate {
  const month = monthOf(dayNumber);
  return { year: Math.floor(month / 12), month: (month % 12) + 1, day: dayNumber - firstDayOfMonth(month) + 1 };
}

/** 0 is Monday, 6 is Sunday. */
function weekdayOf(dayNumber: number): number {
  return (((dayNumber + 3) % 7) + 7) % 7;
}

/** The same day of the month some months later, or that month's last day. */
export function addMonths(dayNumber: number, months: number): number {
  return dayInMonth(monthOf(dayNumber) + months, dayOfMonth(dayNumber));
}

/** The day of this month on which something fixed to a day of the month, 1-31, falls (the last day of a shorter month). */
export function onDayOfMonth(dayNumber: number, fixedDay: number): number {
  return dayInMonth(monthOf(dayNumber), fixedDay);
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
  const last = firstDayOfMonth(year * 12 + month) - 1;
  return last - ((weekdayOf(last) + 1) % 7);
}
