/** Sends what no service can process, and one good record, to a running engine's transactions-stream, as a feed would. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Transaction,
  Transaction_Category,
  Transaction_Channel,
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
  TransactionSchema,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import type { EngineFile } from '../../services/cli/engine-file.ts';
import { createKafka } from '../../services/platform/kafka/kafka.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { topicOf } from '../../services/platform/topics/topics.ts';
import { stackFrom } from '../../services/stack/stack.ts';

const utf8 = new TextEncoder();
const topic = topicOf(Topic.TRANSACTIONS_STREAM);

/** Reasons that the bad ones must get, sorted; beside them goes one good record, twice. */
export const REASONS = [
  'BAD_FRAMING',
  'CONFLICTING_DUPLICATE',
  'INVALID_VALUE',
  'TOO_LARGE',
  'UNKNOWN_SCHEMA_ID',
  'WRONG_KEY',
];

export async function sendBadRecords(engine: EngineFile, customerId: string): Promise<void> {
  const stack = stackFrom(engine.stack);
  const { brokers, credentials } = stack.kafka;
  const kafka = createKafka({ brokers, ...credentials('simulator'), clientId: 'test', log: createSilentLogger() });
  const producer = createProducer(kafka);
  try {
    const codec = createEventCodec({ registry: createRegistry({ url: stack.registry.url }) });
    const encode = await codec.encoder(topic, TransactionSchema);
    const good = encode(transaction(customerId, {}));
    const unknownId = good.slice();
    new DataView(unknownId.buffer, unknownId.byteOffset).setInt32(1, 987_654);
    const record = (value: Uint8Array, key = customerId) => ({
      topic: topic.name,
      partition: partitionOf(customerId, topic.partitions),
      key: utf8.encode(key),
      value,
    });
    await producer.send([
      record(utf8.encode('no record of ours')),
      record(unknownId),
      record(encode(transaction(customerId, { transactionId: 'e2e-invalid', amountMinor: -5n }))),
      record(encode(transaction(customerId, { transactionId: 'e2e-other-key' })), 'somebody-else'),
      record(new Uint8Array(topic.maxValueBytes + 1)),
      record(good),
      record(good),
      record(encode(transaction(customerId, { amountMinor: 4_322n }))),
    ]);
  } finally {
    await producer.close();
    await kafka.close();
  }
}

function transaction(
  customerId: string,
  over: Partial<Pick<Transaction, 'transactionId' | 'amountMinor'>>,
): Transaction {
  const time = timestampFromMs(Date.UTC(2024, 6, 31, 20));
  return create(TransactionSchema, {
    transactionId: 'e2e-good',
    customerId,
    accountId: 'e2e-account',
    occurredTime: time,
    bookingTime: time,
    timePrecision: Transaction_TimePrecision.SECOND,
    direction: Transaction_Direction.DEBIT,
    amountMinor: 4_321n,
    currency: 'EUR',
    status: Transaction_Status.SETTLED,
    channel: Transaction_Channel.CARD,
    category: Transaction_Category.GROCERIES,
    mode: Transaction_Mode.REPLAY,
    ...over,
  });
}
