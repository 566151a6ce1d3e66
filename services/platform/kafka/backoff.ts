/** Waiting, cut short by a signal; between tries exponential with jitter. */
import { randomInt } from 'node:crypto';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 50, maxMs: 5_000 };

/**
 * How long to wait before try `attempt` + 1: a random part, at least half, of firstMs · 2^(attempt - 1), at most maxMs.
 *
 * @param attempt tries that failed, from 1
 */
export function delayMs(backoff: Backoff, attempt: number, random: () => number = jitter): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling * (0.5 + random() / 2);
}

function jitter(): number {
  return randomInt(0, 1_000) / 1_000;
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves when the work has ended, however, or after `ms`. Never rejects. */
export async function settledWithin(ms: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  work.then(end, end);
  await pause(ms, ended.signal);
}

/** The work's outcome, or a rejection with the signal's reason the moment it aborts; the work's own end is then ignored. */
export async function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
