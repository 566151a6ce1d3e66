/** Tells how fast a counter rises, a second, over the last while; 0 until it was looked at twice. */
export type Rate = (count: number, nowMs: number) => number;

/** @param windowMs how far back it looks, so that a step of the counter does not make the figure jump */
export function createRate(windowMs: number): Rate {
  const seen: { count: number; atMs: number }[] = [];
  return (count, nowMs) => {
    seen.push({ count, atMs: nowMs });
    // The oldest one kept is the last from before the window.
    while (seen.length > 2 && seen[1]!.atMs <= nowMs - windowMs) seen.shift();
    const [first] = seen;
    if (first === undefined || nowMs <= first.atMs) return 0;
    return (count - first.count) / ((nowMs - first.atMs) / 1000);
  };
}
