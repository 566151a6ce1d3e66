/** Transactions of copies, onto transactions-stream as a bank would put them there: keyed by customer, in order, at a rate. */
import { setTimeout as delay } from 'node:timers/promises';
import { TransactionSchema } from '../../gen/pde/events/v1/transaction_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createKafka } from '../../services/platform/kafka/kafka.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import type { OutgoingRecord } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { topicOf } from '../../services/platform/topics/topics.ts';
import { toTransaction } from '../../services/simulator/convert.ts';
import type { Stack } from '../../services/stack/stack.ts';
import { copyOf } from './growth-fill.ts';
import { ROWS_TO_SEND, type Template } from './growth-templates.ts';

/** A copy that is active: which template, and which copy of it. */
export interface Active {
  readonly template: Template;
  readonly k: number;
}

export interface Traffic {
  /** Sends every transaction of these copies: of all of them the first, then of all the second. @returns how many */
  send(active: readonly Active[], perSecond: number): Promise<number>;
  close(): Promise<void>;
}

/** Sent together. */
const SLICE_MS = 20;

export async function createTraffic(stack: Stack): Promise<Traffic> {
  const topic = topicOf(Topic.TRANSACTIONS_STREAM);
  const codec = createEventCodec({ registry: createRegistry({ url: stack.registry.url }) });
  const encode = await codec.encoder(topic, TransactionSchema);
  const kafka = createKafka({
    brokers: stack.kafka.brokers,
    ...stack.kafka.credentials('simulator'),
    clientId: 'bench-growth',
    log: createSilentLogger(),
  });
  const producer = createProducer(kafka);

  const recordOf = ({ template, k }: Active, index: number): OutgoingRecord => {
    const customerId = copyOf(template.customerId, k);
    return {
      topic: topic.name,
      partition: partitionOf(customerId, topic.partitions),
      key: Buffer.from(customerId),
      value: encode(toTransaction(customerId, template.currency, template.rows[index]!, 'replay')),
    };
  };
  return {
    async send(active, perSecond) {
      const records = Array.from({ length: ROWS_TO_SEND }, (_, index) =>
        active.map((one) => recordOf(one, index)),
      ).flat();
      await paced(records, perSecond, async (some) => void (await producer.send(some)));
      return records.length;
    },
    async close() {
      await producer.close();
      await kafka.close();
    },
  };
}

/** Open loop: what is due is sent, however long the broker takes to acknowledge what was sent before. */
async function paced(
  records: readonly OutgoingRecord[],
  perSecond: number,
  send: (records: readonly OutgoingRecord[]) => Promise<void>,
): Promise<void> {
  const startMs = performance.now();
  const sends: Promise<void>[] = [];
  for (let sent = 0; sent < records.length; ) {
    const due = Math.min(records.length, Math.ceil(((performance.now() - startMs + SLICE_MS) / 1_000) * perSecond));
    if (due > sent) sends.push(send(records.slice(sent, due)));
    sent = Math.max(sent, due);
    await delay(SLICE_MS);
  }
  await Promise.all(sends);
}
