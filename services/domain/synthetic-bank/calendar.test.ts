import { describe, expect, it } from 'vitest';
import { isWeekend } from '../calendar/days.ts';
import { addMonths, civilOf, dayOfDate, nextWorkday, previousWorkday, utcOffsetMinutes } from './calendar.ts';

describe('the calendar', () => {
  it('agrees with the platform over a century', () => {
    for (let day = 7_000; day < 44_000; day += 13) {
      const date = new Date(day * 86_400_000);
      const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(civilOf(day)).toEqual(civil);
      expect(dayOfDate(civil.year, civil.month, civil.day)).toBe(day);
      expect(isWeekend(day)).toBe([0, 6].includes(date.getUTCDay()));
    }
  });

  it('keeps a day of the month, or the last of a shorter one', () => {
    expect(addMonths(dayOfDate(2024, 1, 31), 1)).toBe(dayOfDate(2024, 2, 29));
    expect(addMonths(dayOfDate(2024, 11, 30), 3)).toBe(dayOfDate(2025, 2, 28));
    expect(addMonths(dayOfDate(2024, 5, 15), 12)).toBe(dayOfDate(2025, 5, 15));
  });

  it('moves a weekend to the next or the previous working day', () => {
    const saturday = dayOfDate(2024, 6, 1);
    expect(nextWorkday(saturday)).toBe(saturday + 2);
    expect(previousWorkday(saturday)).toBe(saturday - 1);
    expect([nextWorkday(saturday + 3), previousWorkday(saturday + 3)]).toEqual([saturday + 3, saturday + 3]);
  });

  it('knows summer time from the last Sunday of March to the last of October', () => {
    const offsets = [dayOfDate(2024, 3, 30), dayOfDate(2024, 3, 31), dayOfDate(2024, 10, 26), dayOfDate(2024, 10, 27)];
    expect(offsets.map((day) => utcOffsetMinutes(60, day))).toEqual([60, 120, 120, 60]);
  });
});
