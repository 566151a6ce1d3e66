/** What an operator asks of scoring: what is stored, and where the outbox stands. It consumes nothing and has no dead letters. */
import { createOperationsService } from '../platform/dead-letters/operations-service.ts';
import type { EventProducer } from '../platform/kafka/port.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { OUTBOX_TOPICS, SCHEMA } from './outbox.ts';
import { storedSets } from './store/stored-sets.ts';

export function createScoringOperations(pool: Pool, producer: EventProducer) {
  return createOperationsService({
    service: 'scoring',
    pool,
    schema: SCHEMA,
    producer,
    stored: (verify) => storedSets(pool, verify),
    outboxTopics: OUTBOX_TOPICS,
    consumes: false,
  });
}
