/** From the stored predictions to Kafka: what the relay needs, acquired in order and released in reverse. */
import { createKafka } from '../platform/kafka/kafka.ts';
import type { EventProducer } from '../platform/kafka/port.ts';
import { createProducer } from '../platform/kafka/producer.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { createEventCodec } from '../platform/registry/codec.ts';
import { createRegistry } from '../platform/registry/registry.ts';
import type { ScoringConfig } from './config.ts';
import { createPredictionRelay } from './outbox.ts';
import type { OutboxPrediction } from './store/prediction.ts';

export interface Publishing {
  readonly producer: EventProducer;
  readonly relay: Relay<OutboxPrediction>;
}

/** Connects to nothing yet: with Kafka or the registry away, scores are stored and published later. */
export async function acquirePublishing(
  scope: ServiceScope,
  config: ScoringConfig,
  pool: Pool,
  names: readonly string[],
): Promise<Publishing> {
  const { log } = scope;
  const brokers = config.kafka.brokers.join();
  const kafka = await scope.acquire(
    'kafka',
    () => createKafka({ ...config.kafka, brokers, clientId: 'scoring', log }),
    (open) => open.close(),
  );
  const producer = await scope.acquire(
    'producer',
    () => createProducer(kafka),
    (made) => made.close(),
  );
  const codec = createEventCodec({ registry: createRegistry({ url: config.registryUrl }) });
  const relay = await scope.acquire(
    'relay',
    () => createPredictionRelay({ scope, pool, codec, producer, names }),
    (made) => made.close(),
  );
  return { producer, relay };
}
