/**
 * What any consumer of the stream has to do at the least, with the engine's own client libraries and nothing else: fetch (kafkajs
 * eachBatch), decode (registry id and Protobuf), insert, and commit together with the offset, which is kept in PostgreSQL. The
 * measure that the benches hold the engine against (README.md); it refuses nothing, finds no duplicates and cannot be taken over.
 */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { contractText, PROTO_DIRECTORY } from '../../services/platform/registry/contract-text.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { subjectOf, type TopicDefinition } from '../../services/platform/topics/topics.ts';
import type { Stack } from '../../services/stack/stack.ts';

export interface BareRecord<T> {
  readonly partition: number;
  readonly offset: bigint;
  /** LogAppendTime, milliseconds since the epoch. */
  readonly appendMs: number;
  readonly message: T;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BareStageOptions<T> {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  readonly pool: pg.Pool;
  readonly decode: (value: Buffer) => T;
  /** Writes the records of a transaction, of one partition. */
  readonly insert: (client: pg.PoolClient, records: readonly BareRecord<T>[]) => Promise<void>;
  /** Before each fetch; nothing is under way then. */
  readonly onFetch?: () => void;
  /** After COMMIT returned; the partition's next transaction waits for it. */
  readonly onCommitted?: (records: readonly BareRecord<T>[]) => void | Promise<void>;
  /** Longest wait of a fetch on an idle log. Default 50 ms, as the engine's. */
  readonly maxWaitMs?: number;
  /** Records in a transaction at most. Default 1,000, as the engine's batches. */
  readonly maxRecords?: number;
}

export interface BareStage {
  stop(): Promise<void>;
}

/** Where the stages keep their offsets. */
export const BARE_DDL = `
  CREATE SCHEMA IF NOT EXISTS bench;
  CREATE TABLE bench.positions (
    consumer_group text, topic text, partition int, next_offset bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
  )`;

const MOVE = `
  INSERT INTO bench.positions (consumer_group, topic, partition, next_offset) VALUES ($1, $2, $3, $4)
  ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`;

/** Begins at the log's beginning; resolves once it has partitions. Every partition's batches are handled one at a time, partitions at once. */
export async function startBareStage<T>(o: BareStageOptions<T>): Promise<BareStage> {
  const consumer = o.kafka.consumer({
    groupId: o.groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    maxWaitTimeInMs: o.maxWaitMs ?? 50,
    minBytes: 1,
    // Some 2,500 records: a fetch of each partition is the least by which its progress can be told.
    maxBytesPerPartition: 256 * 1024,
    allowAutoTopicCreation: false,
  });
  const { promise: joined, resolve } = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  if (o.onFetch !== undefined) consumer.on(consumer.events.FETCH_START, o.onFetch);
  await consumer.connect();
  await consumer.subscribe({ topic: o.topic, fromBeginning: true });
  const maxRecords = o.maxRecords ?? 1_000;
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 8,
    eachBatch: async ({ batch: { partition, messages } }) => {
      for (let at = 0; at < messages.length; at += maxRecords) {
        await copy(o, partition, messages.slice(at, at + maxRecords));
      }
    },
  });
  await joined;
  return { stop: () => consumer.disconnect() };
}

async function copy<T>(o: BareStageOptions<T>, partition: number, messages: readonly KafkaMessage[]): Promise<void> {
  const records = messages.map((message) => recordOf(o, partition, message));
  const last = records.at(-1);
  if (last === undefined) return;
  const values = [o.groupId, o.topic, partition, last.offset + 1n];
  await inTransaction(o.pool, async (client) => {
    await o.insert(client, records);
    await client.query({ name: 'bench.move', text: MOVE, values });
  });
  await o.onCommitted?.(records);
}

function recordOf<T>(o: BareStageOptions<T>, partition: number, message: KafkaMessage): BareRecord<T> {
  const { offset, value, headers = {} } = message;
  if (value === null) throw new Error(`record ${partition}/${offset} has no value`);
  const texts = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]));
  const appendMs = Number(message.timestamp);
  return { partition, offset: BigInt(offset), appendMs, message: o.decode(value), headers: texts };
}

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
    client.release();
  } catch (cause) {
    client.release(true);
    throw cause;
  }
}

/** A value's message, where it was written with the contract's own text as the registry holds it. */
export async function bareDecoder<D extends DescMessage>(
  registryUrl: string,
  topic: TopicDefinition,
  desc: D,
): Promise<(value: Buffer) => MessageShape<D>> {
  const text = await contractText(topic, PROTO_DIRECTORY);
  const known = await createRegistry({ url: registryUrl }).lookUp(subjectOf(topic), text);
  return (value) => {
    const id = value.readInt32BE(1);
    // Magic 0, the id, and one byte for the first message of the file.
    if (value[0] !== 0 || id !== known || value[5] !== 0) throw new Error(`a record is framed with schema id ${id}`);
    return fromBinary(desc, value.subarray(6));
  };
}

/** The broker's administrator: no ACL stands between the bare consumer and a topic. */
export function bareKafka(stack: Pick<Stack, 'kafka'>): Kafka {
  const { username, password } = stack.kafka.credentials('admin');
  return new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [stack.kafka.brokers],
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: kafkajs.logLevel.ERROR,
  });
}

/** Connections to the engine's database as the superuser, beside the engine's schemas. */
export function barePool(stack: Pick<Stack, 'postgres'>): pg.Pool {
  return new pg.Pool({ connectionString: stack.postgres.url('postgres'), max: 8 });
}

/** Some values as an array literal: what no value of can need quotes, at a third of what the driver's own quoting costs. */
export function plainArray(values: readonly unknown[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}
