/** Publishes a service's dead letters to the topic that takes them. */
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type DeadLetter, DeadLetterSchema } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { Topic } from '../../../gen/pde/topics/v1/topics_pb.ts';
import type { Log } from '../kafka/log.ts';
import { partitionOf } from '../kafka/partition.ts';
import type { EventProducer, OutgoingRecord } from '../kafka/port.ts';
import { createRelay, type Relay } from '../outbox/relay.ts';
import type { Pool } from '../postgres/pool.ts';
import type { EventCodec } from '../registry/codec.ts';
import { topicOf } from '../topics/topics.ts';
import { DEAD_LETTERS_OUTBOX, DEAD_LETTERS_SHARD, readDeadLettersAfter, type WholeDeadLetter } from './store.ts';

export interface DeadLetterRelayOptions {
  readonly scope: { readonly log: Log };
  /** Name of the service, as in the events. */
  readonly service: string;
  readonly pool: Pool;
  readonly schema: string;
  readonly producer: EventProducer;
  readonly codec: EventCodec;
}

export interface DeadLetterRelay extends Omit<Relay<WholeDeadLetter>, 'offer'> {
  /** Rows that insertDeadLetters answered, after COMMIT. */
  offer(rows: readonly WholeDeadLetter[]): void;
}

/** A dead letter may be 4 MiB; few at a time bound what is in memory. */
const BATCH_ROWS = 20;

export function createDeadLetterRelay(o: DeadLetterRelayOptions): DeadLetterRelay {
  const topic = topicOf(Topic.DEAD_LETTERS);

  async function toRecords(rows: readonly WholeDeadLetter[]): Promise<OutgoingRecord[]> {
    const encode = await o.codec.encoder(topic, DeadLetterSchema);
    return rows.map((row) => ({
      topic: topic.name,
      partition: row.originalKey === null ? 0 : partitionOf(row.originalKey, topic.partitions),
      key: row.originalKey,
      value: encode(eventOf(o.service, row)),
    }));
  }

  const relay = createRelay<WholeDeadLetter>({
    scope: o.scope,
    pool: o.pool,
    schema: o.schema,
    outbox: DEAD_LETTERS_OUTBOX,
    shards: 1,
    readAfter: (_, position, limit) => readDeadLettersAfter(o.pool, o.schema, position, limit),
    toRecords,
    producer: o.producer,
    batchRows: BATCH_ROWS,
    queueRows: BATCH_ROWS * 2,
  });
  return {
    health: relay.health,
    close: relay.close,
    offer(rows) {
      const [first] = rows;
      if (first !== undefined) relay.offer(DEAD_LETTERS_SHARD, first.position, rows);
    },
  };
}

function eventOf(service: string, row: WholeDeadLetter): DeadLetter {
  return create(DeadLetterSchema, {
    deadLetterId: row.deadLetterId,
    service,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    appendTime: timestampFromDate(row.appendTime),
    ...(row.originalKey === null ? {} : { originalKey: row.originalKey }),
    ...(row.originalValue === null ? {} : { originalValue: row.originalValue }),
  });
}
