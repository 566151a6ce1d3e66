import { describe, expect, it } from 'vitest';
import { createBreaker, isBreakerOpen, type RetryPolicy, retry } from './retry.ts';

const never = new AbortController().signal;
const fast: RetryPolicy = { initialDelayMs: 1, maxDelayMs: 2, isTransient: (error) => error !== FATAL };
const FATAL = new Error('fatal');

function failing(times: number, error: unknown = new Error('away')): () => Promise<string> {
  let left = times;
  return async () => {
    if (left-- > 0) throw error;
    return 'done';
  };
}

describe('retry', () => {
  it('tries until it succeeds and tells of each try', async () => {
    const told: number[] = [];
    const policy = { ...fast, onRetry: (_: unknown, tries: number) => void told.push(tries) };
    expect(await retry(policy, never, failing(3))).toBe('done');
    expect(told).toEqual([1, 2, 3]);
  });

  it('gives up at once on an error that no try mends', async () => {
    await expect(retry(fast, never, failing(1, FATAL))).rejects.toBe(FATAL);
  });

  it('gives up after the last try with the last error', async () => {
    await expect(retry({ ...fast, maxTries: 2 }, never, failing(2))).rejects.toThrow('away');
    expect(await retry({ ...fast, maxTries: 2 }, never, failing(1))).toBe('done');
  });

  it('gives up at the deadline with the last error, in the middle of a wait too', async () => {
    const slow = { ...fast, initialDelayMs: 60_000, maxDelayMs: 60_000, deadlineMs: 20 };
    await expect(retry(slow, never, failing(1))).rejects.toThrow('away');
  });

  it('ends with the reason when the signal aborts, in the middle of a wait too', async () => {
    const controller = new AbortController();
    const slow = {
      ...fast,
      initialDelayMs: 60_000,
      maxDelayMs: 60_000,
      onRetry: () => controller.abort(new Error('stopping')),
    };
    await expect(retry(slow, controller.signal, failing(1))).rejects.toThrow('stopping');
    await expect(retry(slow, controller.signal, failing(0))).rejects.toThrow('stopping');
  });
});

describe('a breaker', () => {
  it('opens after failures in a row, is not called while open, and closes when a call succeeds', async () => {
    const states: string[] = [];
    const breaker = createBreaker({
      failures: 2,
      halfOpenAfterMs: 1,
      isTransient: (error) => error !== FATAL,
      onState: (state) => states.push(state),
    });
    await expect(breaker.run(failing(1, FATAL))).rejects.toBe(FATAL);
    await expect(breaker.run(failing(1))).rejects.toThrow('away');
    await expect(breaker.run(failing(1))).rejects.toThrow('away');
    expect(breaker.state()).toBe('open');
    await expect.poll(() => breaker.run(failing(0)).catch((error) => isBreakerOpen(error))).toBe('done');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('says so when it is open', async () => {
    const breaker = createBreaker({ failures: 1, halfOpenAfterMs: 60_000, isTransient: () => true });
    await expect(breaker.run(failing(1))).rejects.toThrow('away');
    expect(await breaker.run(failing(0)).catch(isBreakerOpen)).toBe(true);
  });
});
