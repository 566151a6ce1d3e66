import type { EventConsumer } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';

const EVERY_MS = 5_000;

/** Reads the lag into gauges until the scope is released; what nears the topic's retention is the age of the oldest unread record. */
export async function watchLag(scope: ServiceScope, consumer: Pick<EventConsumer, 'lag'>): Promise<void> {
  const { log, metrics } = scope;
  const lag = metrics.gauge('pde_interventions_lag_records', 'records not yet processed', ['partition']);
  const age = metrics.gauge(
    'pde_interventions_oldest_unread_ms',
    'age of the oldest record fetched, not yet processed',
    ['partition'],
  );

  async function read(): Promise<void> {
    try {
      for (const { partition, lag: records, oldestUnreadMs } of await consumer.lag()) {
        lag.set({ partition: String(partition) }, Number(records));
        const ageMs = oldestUnreadMs === null ? 0 : Math.max(0, Date.now() - oldestUnreadMs);
        age.set({ partition: String(partition) }, ageMs);
      }
    } catch (cause) {
      if (!scope.signal.aborted) log.warn({ event: 'lag-unread', cause });
    }
  }

  await scope.acquire(
    'watch on the lag',
    () => setInterval(() => void read(), EVERY_MS),
    (timer) => clearInterval(timer),
  );
}
