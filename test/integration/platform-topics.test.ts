import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import {
  applyAcls,
  applyTopics,
  describeAcls,
  diffTopics,
  PartitionCountError,
} from '../../services/platform/kafka/admin.ts';
import { createConsumer } from '../../services/platform/kafka/consumer.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { aclKey, aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import type { KafkaUser } from '../../services/stack/stack.ts';
import { testStack } from '../support/stack.ts';
import { createTopic, kafkaAs, record } from './platform-support.ts';

const transactions = topicOf(Topic.TRANSACTIONS_STREAM);
let admin: KafkaConnection;
beforeAll(async () => {
  admin = kafkaAs('admin');
  await applyTopics(admin, allTopics());
  await applyAcls(admin, aclsOf(allTopics()));
});
afterAll(() => admin.close());

describe('the broker’s topics', () => {
  it('equal the contract, also when applied again', async () => {
    await applyTopics(admin, allTopics());
    expect(await diffTopics(admin, allTopics())).toEqual([]);
  });

  it('are compared setting by setting', async () => {
    const topic = await createTopic(admin, { partitions: 2, retentionMs: 1_000_000 });
    const changed = { ...topic, retentionMs: 2_000_000 };
    expect(await diffTopics(admin, [changed])).toEqual([
      { topic: topic.name, setting: 'retention.ms', contract: '2000000', broker: '1000000' },
    ]);
    await applyTopics(admin, [changed]);
    expect(await diffTopics(admin, [changed])).toEqual([]);
  });

  it('never get other partitions in place', async () => {
    const topic = await createTopic(admin, { partitions: 2 });
    await expect(applyTopics(admin, [{ ...topic, partitions: 3 }])).rejects.toThrow(PartitionCountError);
    expect(await diffTopics(admin, [topic])).toEqual([]);
  });

  it('are reported where they are missing', async () => {
    const missing = { ...transactions, name: 'test-missing' };
    expect(await diffTopics(admin, [missing])).toContainEqual({
      topic: 'test-missing',
      setting: 'partitions',
      contract: '3',
      broker: '0',
    });
  });
});

describe('the broker’s ACLs', () => {
  it('are those of the contract and no others on its topics', async () => {
    const surplus = { ...aclsOf([transactions])[0]!, user: 'gateway' };
    await applyAcls(admin, [...aclsOf(allTopics()), surplus]);
    await applyAcls(admin, aclsOf(allTopics()));
    const keys = (await describeAcls(admin)).map(aclKey).sort();
    expect(keys).toEqual(aclsOf(allTopics()).map(aclKey).sort());
  });

  async function sendAs(user: KafkaUser, topic: string): Promise<void> {
    const kafka = kafkaAs(user);
    const producer = createProducer(kafka);
    try {
      await producer.send([record(topic, 0, 'x')]);
    } finally {
      await producer.close();
      await kafka.close();
    }
  }

  it('let a producer of the contract write', async () => {
    await sendAs('simulator', 'transactions-stream');
  });

  it.each<[KafkaUser, string]>([
    ['gateway', 'transactions-stream'],
    ['scoring', 'transactions-stream'],
    ['simulator', 'predictions-stream'],
    ['delivery', 'interventions-stream'],
  ])('deny %s to write to %s', async (user, topic) => {
    await expect(sendAs(user, topic)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  async function joinAs(user: KafkaUser, groupId: string): Promise<string> {
    const kafka = kafkaAs(user);
    const outcome = Promise.withResolvers<string>();
    const consumer = createConsumer({
      kafka,
      groupId,
      topic: 'transactions-stream',
      positions: {
        claim: async (_, partitions) => {
          outcome.resolve('joined');
          return partitions.map((partition) => ({ partition, epoch: 1n, nextOffset: null }));
        },
        begin: async () => undefined,
      },
      handlers: { onBatch: async () => undefined },
      maxBatchRecords: 1,
      queueRecords: 1,
      onFatal: (cause) => outcome.resolve(cause instanceof Error ? cause.message : String(cause)),
    });
    const result = await outcome.promise;
    await consumer.close();
    await kafka.close();
    return result;
  }

  it('let a consumer read in groups of its own name only', async () => {
    expect(await joinAs('features', `features-${randomUUID()}`)).toBe('joined');
    expect(await joinAs('features', `operator-${randomUUID()}`)).toBe('Failed to find group coordinator');
  });

  it('let nobody in without the password', async () => {
    const kafka = createKafka({
      brokers: testStack().kafka.brokers,
      username: 'simulator',
      password: 'guessed',
      clientId: 'test',
      log: admin.log,
    });
    const producer = createProducer(kafka);
    await expect(producer.send([record('transactions-stream', 0, 'x')])).rejects.toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
    });
    await producer.close();
    await kafka.close();
  });
});
