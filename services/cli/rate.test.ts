import { describe, expect, it } from 'vitest';
import { createRate } from './rate.ts';

describe('a rate', () => {
  it('is 0 at the first look', () => {
    expect(createRate(1_000)(500, 0)).toBe(0);
  });

  it('is the mean over its window, also of a counter that moves in steps', () => {
    const rate = createRate(1_000);
    const looks = [0, 0, 500, 500, 1_000, 1_000, 1_500, 1_500].map((count, i) => rate(count, i * 250));
    expect(looks.slice(-4)).toEqual([1_000, 1_000, 1_000, 1_000]);
  });

  it('forgets what is older than its window', () => {
    const rate = createRate(1_000);
    rate(0, 0);
    rate(9_000, 1_000);
    expect(rate(9_000, 3_000)).toBe(0);
  });
});
