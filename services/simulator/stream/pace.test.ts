import { describe, expect, it } from 'vitest';
import { eventTime, fixedRate, unpaced } from './pace.ts';

const never = (): number => Number.NaN;

describe('a fixed rate', () => {
  it('schedules by the clock and not by what was sent', () => {
    const pace = fixedRate(100, 1_000);
    expect(pace.ready(1_000, 500, never)).toBe(1);
    expect(pace.take(1)).toEqual([1_000]);
    expect(pace.ready(1_000, 500, never)).toBe(0);
    expect(pace.waitMs(1_000, 0)).toBe(10);
    // Late by 35 ms: everything due goes at once, each with its own due time.
    expect(pace.ready(1_045, 500, never)).toBe(4);
    expect(pace.take(4)).toEqual([1_010, 1_020, 1_030, 1_040]);
  });
});

describe('event time', () => {
  it('goes so many times as fast as the bookings', () => {
    const pace = eventTime(60, 0);
    const booked = [5_000_000, 5_000_000, 5_060_000, 5_600_000];
    const at = (i: number): number => booked[i] ?? Number.POSITIVE_INFINITY;
    expect(pace.ready(0, 10, at)).toBe(2);
    expect(pace.waitMs(0, 5_060_000)).toBe(1_000);
    expect(pace.ready(1_000, 10, at)).toBe(3);
    expect(pace.ready(10_000, 2, at)).toBe(2);
  });
});

describe('no pace', () => {
  it('waits between batches for as long as it was told', () => {
    const pace = unpaced(50);
    expect(pace.ready(0, 10, never)).toBe(10);
    expect(pace.take(10)).toBeNull();
    expect(pace.ready(20, 10, never)).toBe(0);
    expect(pace.waitMs(20, 0)).toBe(30);
    expect(pace.ready(50, 10, never)).toBe(10);
  });
});
