/** The parts that the service works on, acquired in order and released in reverse. Connects to nothing yet. */
import { createDeadLetterRelay, type DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { createKafka, type KafkaConnection } from '../platform/kafka/kafka.ts';
import type { EventProducer } from '../platform/kafka/port.ts';
import { createProducer } from '../platform/kafka/producer.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { createPool, type Pool } from '../platform/postgres/pool.ts';
import { watchPostgres } from '../platform/postgres/watch.ts';
import { createEventCodec, type EventCodec } from '../platform/registry/codec.ts';
import { createRegistry } from '../platform/registry/registry.ts';
import type { InterventionsConfig } from './config.ts';
import { type Outgoing, startOutgoing } from './outgoing.ts';
import { SCHEMA, SERVICE } from './store/rows.ts';

export interface Connections {
  readonly pool: Pool;
  readonly kafka: KafkaConnection;
  readonly producer: EventProducer;
  readonly codec: EventCodec;
  readonly outgoing: Outgoing;
  readonly deadLetters: DeadLetterRelay;
}

export async function connect(scope: ServiceScope, config: InterventionsConfig): Promise<Connections> {
  const { log } = scope;
  const pool = await scope.acquire(
    'postgres',
    () => createPool({ ...config.postgres, max: config.postgres.poolMax, applicationName: SERVICE, onIdleError }),
    (open) => open.close(),
  );
  await watchPostgres(scope, pool);
  const kafka = await scope.acquire(
    'kafka',
    () => createKafka({ ...config.kafka, brokers: config.kafka.brokers.join(), clientId: SERVICE, log }),
    (open) => open.close(),
  );
  const producer = await scope.acquire(
    'producer',
    () => createProducer(kafka),
    (open) => open.close(),
  );
  const codec = createEventCodec({ registry: createRegistry({ url: config.registryUrl }) });
  const outgoing = await startOutgoing({ scope, pool, producer, codec });
  const deadLetters = await scope.acquire(
    'relay of dead letters',
    () => createDeadLetterRelay({ scope, service: SERVICE, schema: SCHEMA, pool, producer, codec }),
    (open) => open.close(),
  );
  // A relay that stalls heals with the broker, which no restart hastens.
  scope.readiness('relays', () => outgoing.offers.health() ?? outgoing.dashboard.health() ?? deadLetters.health());
  return { pool, kafka, producer, codec, outgoing, deadLetters };

  function onIdleError(cause: Error): void {
    log.warn({ event: 'postgres-connection-lost', cause });
  }
}
