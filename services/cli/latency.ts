/** The end-to-end latency of a measured stretch, as the interventions service observed it after its commits returned. */

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Decisions measured. */
  readonly count: number;
}

const NAME = 'pde_end_to_end_ms';

/** Reads the summary from a Prometheus exposition text; null where nothing was measured. */
export function latencyOf(exposition: string): Latency | null {
  const sample = (name: string): number => {
    const line = exposition.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
    return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  const quantile = (value: string): number => {
    const line = exposition
      .split('\n')
      .find((each) => each.startsWith(`${NAME}{`) && each.includes(`quantile="${value}"`));
    return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  const count = sample(`${NAME}_count`);
  if (!(count > 0)) return null;
  return { p50: quantile('0.5'), p95: quantile('0.95'), p99: quantile('0.99'), count };
}

/** The same, from a service's operations port. */
export async function readLatency(opsUrl: string): Promise<Latency | null> {
  const response = await fetch(new URL('/metrics', opsUrl), { signal: AbortSignal.timeout(5_000) });
  return latencyOf(await response.text());
}
