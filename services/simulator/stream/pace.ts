/** When transactions are due to be sent, on the process's monotonic clock. */
export interface Pace {
  /**
   * How many of the coming transactions may go now, at most `limit`; 0: none yet.
   *
   * @param bookedMs booking time of the i-th coming transaction
   */
  ready(nowMs: number, limit: number, bookedMs: (i: number) => number): number;
  /** Milliseconds from now until the next one is due; 0: now. */
  waitMs(nowMs: number, nextBookedMs: number): number;
  /** When the next `count` were due, and counts them as gone; null where nothing was scheduled. */
  take(count: number): readonly number[] | null;
}

/** As fast as it goes, or `delayMs` apart. */
export function unpaced(delayMs: number): Pace {
  let earliestMs = Number.NEGATIVE_INFINITY;
  let seenMs = 0;
  return {
    ready(nowMs, limit) {
      seenMs = nowMs;
      return nowMs >= earliestMs ? limit : 0;
    },
    waitMs: (nowMs) => Math.max(0, earliestMs - nowMs),
    take() {
      earliestMs = seenMs + delayMs;
      return null;
    },
  };
}

/** An open loop: the i-th is due at i / rate seconds whatever happened to those before it. */
export function fixedRate(perSecond: number, startMs: number): Pace {
  let gone = 0;
  const dueMs = (i: number): number => startMs + (i * 1000) / perSecond;
  return {
    ready: (nowMs, limit) =>
      Math.min(limit, Math.max(0, Math.floor(((nowMs - startMs) * perSecond) / 1000) + 1 - gone)),
    waitMs: (nowMs) => Math.max(0, dueMs(gone) - nowMs),
    take(count) {
      const due = Array.from({ length: count }, (_, i) => dueMs(gone + i));
      gone += count;
      return due;
    },
  };
}

/** Event time, `speedUp` times as fast: the first goes at once. */
export function eventTime(speedUp: number, startMs: number): Pace {
  let firstBookedMs: number | null = null;
  const dueMs = (bookedMs: number): number => {
    firstBookedMs ??= bookedMs;
    return startMs + (bookedMs - firstBookedMs) / speedUp;
  };
  return {
    ready(nowMs, limit, bookedMs) {
      let count = 0;
      while (count < limit && dueMs(bookedMs(count)) <= nowMs) count++;
      return count;
    },
    waitMs: (nowMs, nextBookedMs) => Math.max(0, dueMs(nextBookedMs) - nowMs),
    take: () => null,
  };
}
