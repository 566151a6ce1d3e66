/**
 * The end-to-end latency of a measured stretch, as the interventions service observed it after its commits returned: a histogram whose
 * buckets are 2 % apart, so that a percentile is right to that.
 */

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Upper bound of the slowest one's bucket. */
  readonly max: number;
  /** Decisions measured. */
  readonly count: number;
}

/** Observations by upper bound, in rising order. */
export type Distribution = readonly { readonly upToMs: number; readonly count: number }[];

const BUCKET = /^pde_end_to_end_ms_bucket\{(?:.*,)?le="([^"]+)".*\} (\S+)$/;

/** Reads the histogram from a Prometheus exposition text; empty where nothing was measured. */
export function distributionOf(exposition: string): Distribution {
  const cumulative = exposition.split('\n').flatMap((line) => {
    const [, bound, count] = BUCKET.exec(line) ?? [];
    return bound === undefined ? [] : [{ upToMs: bound === '+Inf' ? Infinity : Number(bound), count: Number(count) }];
  });
  return cumulative.map(({ upToMs, count }, i) => ({ upToMs, count: count - (cumulative[i - 1]?.count ?? 0) }));
}

/** What was observed after `before` was read; all where the service began anew. */
export function since(before: Distribution, now: Distribution): Distribution {
  if (now.some(({ count }, i) => count < (before[i]?.count ?? 0))) return now;
  return now.map(({ upToMs, count }, i) => ({ upToMs, count: count - (before[i]?.count ?? 0) }));
}

/** Null where nothing was measured. */
export function latencyOf(distribution: Distribution): Latency | null {
  const count = distribution.reduce((sum, bucket) => sum + bucket.count, 0);
  if (count === 0) return null;
  const at = (share: number) => quantileOf(distribution, share * count);
  const max = distribution.findLast((bucket) => bucket.count > 0)!.upToMs;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max, count };
}

/** Where the observation of this rank lies in its bucket, were they spread evenly in it. */
function quantileOf(distribution: Distribution, rank: number): number {
  let before = 0;
  for (const [i, { upToMs, count }] of distribution.entries()) {
    if (count > 0 && before + count >= rank) {
      const from = distribution[i - 1]?.upToMs ?? 0;
      return upToMs === Infinity ? from : from + ((upToMs - from) * (rank - before)) / count;
    }
    before += count;
  }
  return Number.NaN;
}

/** The histogram as it is now, from a service's operations port. */
export async function readDistribution(opsUrl: string): Promise<Distribution> {
  const response = await fetch(new URL('/metrics', opsUrl), { signal: AbortSignal.timeout(5_000) });
  return distributionOf(await response.text());
}
