/** Prometheus metrics, thin over prom-client. Names are snake_case with the unit last (`_ms`, `_bytes`, `_total`). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** Each maker answers the same metric for the same name, so that two owners of a name share it. */
export interface Metrics {
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** @param buckets upper bounds in the metric's unit; by default 1 ms to 10 s for `_ms`. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** A gauge that is read when it is scraped. */
  observed(name: string, help: string, read: () => number): void;
  /** The exposition in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * Metrics of one process.
 *
 * @param o.process also collects CPU, memory, event loop delay and garbage collection of this process. Default false.
 */
export function createMetrics(service: string, o: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (o.process === true) collectDefaultMetrics({ register: registry });

  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  const common = <L extends string>(name: string, help: string, labels: readonly L[] = []) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  return {
    counter: (name, help, labels) => once(name, () => new Counter(common(name, help, labels))),
    gauge: (name, help, labels) => once(name, () => new Gauge(common(name, help, labels))),
    histogram: (name, help, labels, buckets = LATENCY_BUCKETS_MS) =>
      once(name, () => new Histogram({ ...common(name, help, labels), buckets: [...buckets] })),
    observed: (name, help, read) => {
      once(name, () => new Gauge({ ...common(name, help), collect: () => void gaugeOf(registry, name).set(read()) }));
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function gaugeOf(registry: Registry, name: string): Gauge {
  return registry.getSingleMetric(name) as Gauge;
}
