import { describe, expect, it } from 'vitest';
import { delayMs, pause } from './backoff.ts';

describe('delayMs', () => {
  const backoff = { firstMs: 100, maxMs: 1_000 };

  it('doubles from try to try up to the longest', () => {
    const most = (attempt: number) => delayMs(backoff, attempt, () => 1);
    expect([1, 2, 3, 4, 5, 500].map(most)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('is at least half of that', () => {
    expect(delayMs(backoff, 2, () => 0)).toBe(100);
  });
});

describe('pause', () => {
  it('ends the moment the signal aborts', async () => {
    const stop = new AbortController();
    const waiting = pause(3_600_000, stop.signal);
    stop.abort();
    await waiting;
    await pause(3_600_000, stop.signal);
  });
});
