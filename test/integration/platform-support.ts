/** What the platform's integration tests share: connections to the stack, topics of their own, a schema with the platform's tables. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { DEAD_LETTERS_DDL } from '../../services/platform/dead-letters/store.ts';
import { applyTopics } from '../../services/platform/kafka/admin.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import type { Log } from '../../services/platform/kafka/log.ts';
import type { IncomingRecord, OutgoingRecord } from '../../services/platform/kafka/port.ts';
import { OUTBOX_DDL } from '../../services/platform/outbox/shards.ts';
import { createPool, type Pool, type PoolOptions } from '../../services/platform/postgres/pool.ts';
import { POSITIONS_DDL } from '../../services/platform/postgres/positions.ts';
import { type TopicDefinition, topicOf } from '../../services/platform/topics/topics.ts';
import type { KafkaUser } from '../../services/stack/stack.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

/** Schema in which the tests keep the platform's tables. */
export const SCHEMA = 'features';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A connection as one of the stack's users; close it. */
export function kafkaAs(user: KafkaUser | 'admin', log: Log = silent): KafkaConnection {
  const { kafka } = testStack();
  const { username, password } = kafka.credentials(user as KafkaUser);
  return createKafka({ brokers: kafka.brokers, username, password, clientId: `test-${user}`, log });
}

/** A topic of the test's own, like one of the contract's, in the broker. */
export async function createTopic(
  kafka: KafkaConnection,
  change: Partial<TopicDefinition> = {},
): Promise<TopicDefinition> {
  const topic = { ...topicOf(Topic.TRANSACTIONS_STREAM), name: `test-${randomBytes(6).toString('hex')}`, ...change };
  await applyTopics(kafka, [topic]);
  return topic;
}

export interface PlatformDatabase extends TestDatabase {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** A database with positions, outboxes and dead letters in SCHEMA, reached as the schema's owner. */
export async function createPlatformDatabase(o: Partial<PoolOptions> = {}): Promise<PlatformDatabase> {
  const database = await createTestDatabase(testStack().postgres);
  const pool = createPool({ url: database.url('pde_features_owner'), max: 10, ...o });
  for (const ddl of [POSITIONS_DDL, OUTBOX_DDL, DEAD_LETTERS_DDL]) await pool.query(ddl);
  return {
    ...database,
    pool,
    async close() {
      await pool.close();
      await database.drop();
    },
  };
}

export function record(topic: string, partition: number, value: string, key = value): OutgoingRecord {
  return { topic, partition, key: Buffer.from(key), value: Buffer.from(value) };
}

export function numbered(topic: string, partition: number, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, n) => record(topic, partition, String(from + n)));
}

/** Makes a partition's log begin at `offset`, as retention would. */
export async function deleteBefore(
  kafka: KafkaConnection,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  // kafkajs deletes only in topics whose leaders it has looked up.
  await kafka.logRanges(topic);
  await (await kafka.admin()).deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
}

export const textOf = (one: IncomingRecord) => Buffer.from(one.value ?? []).toString();

/** Waits for something that another party does; the test's own timeout ends it if it never comes. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await delay(10);
}
