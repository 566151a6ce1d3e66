import type { ServiceScope } from '../lifecycle/scope.ts';
import type { EventConsumer } from './port.ts';

const EVERY_MS = 5_000;

/** Reads a consumer's lag into gauges until the scope is released; the age of the oldest unread record is what nears the topic's retention. */
export async function watchLag(scope: ServiceScope, consumer: Pick<EventConsumer, 'lag'>): Promise<void> {
  const { log, metrics } = scope;
  const lag = metrics.gauge('pde_consumer_lag_records', 'records not yet processed', ['topic', 'partition']);
  const age = metrics.gauge('pde_consumer_oldest_unread_ms', 'age of the oldest record fetched and not yet processed', [
    'topic',
    'partition',
  ]);
  const read = async (): Promise<void> => {
    try {
      for (const { topic, partition, lag: records, oldestUnreadMs } of await consumer.lag()) {
        const labels = { topic, partition: String(partition) };
        lag.set(labels, Number(records));
        age.set(labels, oldestUnreadMs === null ? 0 : Math.max(0, Date.now() - oldestUnreadMs));
      }
    } catch (cause) {
      if (!scope.signal.aborted) log.warn({ event: 'lag-unread', cause });
    }
  };
  await scope.acquire(
    'watch on the lag',
    () => setInterval(() => void read(), EVERY_MS),
    (timer) => clearInterval(timer),
  );
}
