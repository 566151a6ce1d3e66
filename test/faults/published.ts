/** What lies in a topic, read from its beginning to its present end: what was published, to be compared with what is stored. */
import { createHash, randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Stack } from '../../services/stack/stack.ts';

/** Confluent's wire format: magic byte, schema id, and one byte that says "the first message of the file". */
const HEADER_BYTES = 6;
const WITHIN_MS = 60_000;

/** Events by id: a digest of the bytes, or of all that differ where one came with several contents. */
export type PublishedEvents = ReadonlyMap<string, string>;

/** @param idOf reads the id out of an event's bytes, the wire format's header taken off */
export async function publishedEvents(
  stack: Pick<Stack, 'kafka'>,
  topic: string,
  idOf: (bytes: Uint8Array) => string,
): Promise<PublishedEvents> {
  const events = new Map<string, string>();
  await readLog(stack, topic, ({ value }) => {
    if (value === null) return;
    const bytes = value.subarray(HEADER_BYTES);
    const id = idOf(bytes);
    const digest = createHash('sha256').update(bytes).digest('base64');
    const before = events.get(id);
    if (before === undefined || !before.includes(digest)) events.set(id, `${before ?? ''}${digest}`);
  });
  return events;
}

/** A record as it lies in a log. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Reads a topic to the end that it has now; the records of a partition come in order. */
export async function readLog(
  stack: Pick<Stack, 'kafka'>,
  topic: string,
  take: (record: LogRecord) => void,
): Promise<void> {
  const { username, password } = stack.kafka.credentials('admin');
  const kafka = new kafkajs.Kafka({
    clientId: 'faults',
    brokers: [stack.kafka.brokers],
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `faults-${randomBytes(6).toString('hex')}`;
  const consumer = kafka.consumer({ groupId });
  try {
    const left = new Map<number, bigint>();
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) left.set(partition, BigInt(high));
    }
    if (left.size === 0) return;
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await readTo(consumer, left, take);
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => []);
    await admin.disconnect();
  }
}

function readTo(
  consumer: kafkajs.Consumer,
  left: Map<number, bigint>,
  take: (record: LogRecord) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error(`a topic was not read within ${WITHIN_MS} ms`)), WITHIN_MS);
    const settle = (end: () => void) => {
      clearTimeout(tooLong);
      end();
    };
    consumer.on(consumer.events.CRASH, ({ payload }) => settle(() => reject(payload.error)));
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload) => {
      const { partition } = batch;
      for (const { offset, key, value } of batch.messages) take({ partition, offset: BigInt(offset), key, value });
      if (BigInt(batch.lastOffset()) + 1n >= (left.get(batch.partition) ?? 0n)) left.delete(batch.partition);
      if (left.size === 0) settle(resolve);
    };
    consumer.run({ autoCommit: false, eachBatch }).catch((cause: unknown) => settle(() => reject(cause)));
  });
}
