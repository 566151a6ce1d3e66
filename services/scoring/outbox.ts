/** scoring.predictions as its own outbox (I5): positions by shard, and the relay to predictions-stream. */
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { partitionOf } from '../platform/kafka/partition.ts';
import type { EventProducer, OutgoingRecord } from '../platform/kafka/port.ts';
import { createRelay, type Relay } from '../platform/outbox/relay.ts';
import { takePositions } from '../platform/outbox/shards.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { topicOf } from '../platform/topics/topics.ts';
import { toEvent } from './convert.ts';
import type { PredictionOutbox } from './record.ts';
import { mapInSlices } from './slices.ts';
import type { OutboxPrediction } from './store/prediction.ts';
import { readUnpublished } from './store/read-unpublished.ts';

export const SCHEMA = 'scoring';
export const OUTBOX = 'predictions';
/** Header that carries when a measured transaction was due to be sent, microseconds since the epoch, in decimal. */
export const SCHEDULED_SEND_HEADER = 'pde-scheduled-send-us';

const topic = topicOf(Topic.PREDICTIONS_STREAM);
/** Topic of each outbox, for operators. */
export const OUTBOX_TOPICS = { [OUTBOX]: topic.name };
const utf8 = new TextEncoder();
/** Events encoded in one go: some 20 us each. */
const ROWS_PER_ENCODING = 64;

/** Shards are the topic's partitions. */
export function createPredictionOutbox(relay: Pick<Relay<OutboxPrediction>, 'offer'>): PredictionOutbox {
  return {
    shardOf: (customerId) => partitionOf(customerId, topic.partitions),
    take: (tx, shard, count) => takePositions(tx, SCHEMA, OUTBOX, shard, count),
    offer(rows) {
      for (const [shard, own] of Map.groupBy(rows, (row) => row.shard)) relay.offer(shard, own[0]!.position, own);
    },
  };
}

export interface PredictionRelayOptions {
  readonly scope: { readonly log: Logger };
  readonly pool: Pool;
  readonly codec: EventCodec;
  readonly producer: EventProducer;
  /** The catalogue, in order. */
  readonly names: readonly string[];
}

/** Publishes stored predictions in commit order; waits for as long as Kafka or the registry is away. */
export function createPredictionRelay({
  scope,
  pool,
  codec,
  producer,
  names,
}: PredictionRelayOptions): Relay<OutboxPrediction> {
  return createRelay<OutboxPrediction>({
    scope,
    pool,
    schema: SCHEMA,
    outbox: OUTBOX,
    shards: topic.partitions,
    readAfter: (shard, position, limit) => readUnpublished(pool, shard, position, limit, names),
    toRecords: async (rows) => {
      const encode = await codec.encoder(topic, PredictionSchema);
      return await mapInSlices(rows, (row) => recordOf(row, encode(toEvent(row.prediction))), ROWS_PER_ENCODING);
    },
    producer,
  });
}

function recordOf({ shard, prediction }: OutboxPrediction, value: Uint8Array): OutgoingRecord {
  const { customerId, scheduledSendUs } = prediction;
  return {
    topic: topic.name,
    partition: shard,
    key: utf8.encode(customerId),
    value,
    ...(scheduledSendUs === null ? {} : { headers: { [SCHEDULED_SEND_HEADER]: String(scheduledSendUs) } }),
  };
}
