import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DAY_MS,
  dayInMonth,
  dayOf,
  dayOfMonth,
  firstDayOfMonth,
  formatDay,
  isWeekend,
  lastInstantOf,
  monthOf,
  parseDay,
  weekendDays,
} from './days.ts';

const anyDay = fc.integer({ min: -100_000, max: 100_000 });

test('months, days and weekends agree with the platform’s calendar', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const date = new Date(day * DAY_MS);
      expect(monthOf(day)).toBe(date.getUTCFullYear() * 12 + date.getUTCMonth());
      expect(dayOfMonth(day)).toBe(date.getUTCDate());
      expect(isWeekend(day)).toBe(date.getUTCDay() % 6 === 0);
      expect(dayInMonth(monthOf(day), dayOfMonth(day))).toBe(day);
    }),
  );
});

test('a date is read back as it is written, and what is no date is null', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), (day) => {
      expect(parseDay(formatDay(day))).toBe(day);
    }),
  );
  for (const text of ['2023-02-29', '2024-13-01', '2024-00-01', '2024-01-00', '2024-1-1', 'today', '']) {
    expect(parseDay(text)).toBeNull();
  }
});

test('the 31st of a shorter month is its last date', () => {
  expect(formatDay(dayInMonth(monthOf(parseDay('2023-02-01')!), 31))).toBe('2023-02-28');
  expect(firstDayOfMonth(monthOf(0))).toBe(0);
});

test('an instant’s date depends on the offset, and a date ends with its last millisecond', () => {
  const midnight = 100 * DAY_MS;
  expect(dayOf(midnight - 1, 0)).toBe(99);
  expect(dayOf(midnight - 1, 60)).toBe(100);
  expect(dayOf(lastInstantOf(100, -300), -300)).toBe(100);
  expect(dayOf(lastInstantOf(100, -300) + 1, -300)).toBe(101);
});

test('weekend days are counted as day by day', () => {
  fc.assert(
    fc.property(anyDay, fc.integer({ min: -3, max: 100 }), (from, length) => {
      let count = 0;
      for (let day = from; day < from + length; day++) if (isWeekend(day)) count++;
      expect(weekendDays(from, from + length - 1)).toBe(count);
    }),
  );
});
