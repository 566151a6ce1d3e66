import type { EventConsumer } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';

const EVERY_MS = 5_000;

/**
 * Reads the lag every few seconds into gauges; the age of the oldest unread record is what nears the topic's retention.
 *
 * @returns what ends it
 */
export function watchLag({ log, metrics }: ServiceScope, consumer: EventConsumer): () => void {
  const lag = metrics.gauge('pde_features_lag_records', 'records not yet processed', ['partition']);
  const age = metrics.gauge('pde_features_oldest_unread_ms', 'age of the oldest record fetched and not yet processed', [
    'partition',
  ]);
  const read = async (): Promise<void> => {
    try {
      for (const one of await consumer.lag()) {
        const partition = String(one.partition);
        lag.set({ partition }, Number(one.lag));
        age.set({ partition }, one.oldestUnreadMs === null ? 0 : Math.max(0, Date.now() - one.oldestUnreadMs));
      }
    } catch (cause) {
      log.warn({ event: 'lag-unread', cause });
    }
  };
  const timer = setInterval(() => void read(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
