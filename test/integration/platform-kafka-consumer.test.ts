import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ConsumerOptions, createConsumer } from '../../services/platform/kafka/consumer.ts';
import type { KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import type { EventConsumer, EventProducer, PartitionBatch } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createPositionStore, listPositions, movePosition } from '../../services/platform/postgres/positions.ts';
import type { TopicDefinition } from '../../services/platform/topics/topics.ts';
import {
  createPlatformDatabase,
  createTopic,
  deleteBefore,
  kafkaAs,
  numbered,
  type PlatformDatabase,
  SCHEMA,
  textOf,
  until,
} from './platform-support.ts';

let kafka: KafkaConnection;
let producer: EventProducer;
let db: PlatformDatabase;
const consumers: EventConsumer[] = [];
beforeAll(async () => {
  kafka = kafkaAs('admin');
  producer = createProducer(kafka);
  db = await createPlatformDatabase();
  await db.pool.query('CREATE TABLE effects (topic text, partition int, value text, by text)');
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
});
afterAll(async () => {
  await producer.close();
  await kafka.close();
  await db.close();
});

/** Effects and offset in one transaction, as services do it. */
async function store(group: string, batch: PartitionBatch, by: string): Promise<void> {
  await db.pool.transaction(async (tx) => {
    await tx.query('INSERT INTO effects SELECT $1, $2, value, $4 FROM unnest($3::text[]) AS value', [
      batch.topic,
      batch.partition,
      batch.records.map(textOf),
      by,
    ]);
    await movePosition(tx, {
      schema: SCHEMA,
      group,
      topic: batch.topic,
      partition: batch.partition,
      epoch: batch.epoch,
      from: batch.firstOffset,
      to: batch.nextOffset,
      accepted: batch.records.length,
      duplicates: 0,
      deadLetters: 0,
    });
  });
}

function consume(topic: TopicDefinition, groupId: string, o: Partial<ConsumerOptions> = {}, by = 'a') {
  const revoked: number[] = [];
  const consumer = createConsumer({
    kafka,
    groupId,
    topic: topic.name,
    positions: createPositionStore(db.pool, SCHEMA, groupId),
    handlers: {
      onBatch: (batch) => store(groupId, batch, by),
      onRevoked: (_, partition) => revoked.push(partition),
    },
    maxBatchRecords: 7,
    queueRecords: 50,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 200,
    onFatal: (cause) => {
      throw cause;
    },
    ...o,
  });
  consumers.push(consumer);
  return { consumer, revoked };
}

const effects = async (topic: TopicDefinition) =>
  (await db.pool.query<{ value: string; by: string }>('SELECT value, by FROM effects WHERE topic = $1', [topic.name]))
    .rows;

const stored = (topic: TopicDefinition, count: number) => until(async () => (await effects(topic)).length >= count);

/** I1: what moved is what is stored, once each. */
async function expectEachOnce(topic: TopicDefinition, count: number): Promise<void> {
  const values = (await effects(topic)).map(({ value }) => Number(value)).sort((a, b) => a - b);
  expect(values).toEqual(Array.from({ length: count }, (_, n) => n));
  const positions = (await listPositions(db.pool, SCHEMA)).filter((position) => position.topic === topic.name);
  const moved = positions.reduce((sum, { nextOffset, firstOffset }) => sum + nextOffset - firstOffset, 0n);
  expect(moved).toBe(BigInt(count));
  expect(positions.reduce((sum, { accepted }) => sum + accepted, 0n)).toBe(BigInt(count));
}

const spread = (topic: TopicDefinition, count: number, from = 0) =>
  numbered(topic.name, 0, count, from).map((one, n) => ({ ...one, partition: n % topic.partitions }));

describe('a consumer', () => {
  it('begins at the log’s beginning, also where that is not 0, and reports its lag', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    await producer.send(numbered(topic.name, 0, 10, -4));
    await deleteBefore(kafka, topic.name, 0, 4);
    const { consumer } = consume(topic, `g-${randomUUID()}`);
    await stored(topic, 6);
    await expectEachOnce(topic, 6);
    const [position] = (await listPositions(db.pool, SCHEMA)).filter((one) => one.topic === topic.name);
    expect(position).toMatchObject({ firstOffset: 4n, nextOffset: 10n });
    await until(() => consumer.health() === null);
    expect(await consumer.lag()).toEqual([{ topic: topic.name, partition: 0, lag: 0n, oldestUnreadMs: null }]);
  });

  it('goes on from the stored offset after a restart', async () => {
    const topic = await createTopic(kafka);
    const group = `g-${randomUUID()}`;
    await producer.send(spread(topic, 100));
    const { consumer } = consume(topic, group);
    await stored(topic, 100);
    await consumer.close();
    await producer.send(spread(topic, 50, 100));
    consume(topic, group);
    await stored(topic, 150);
    await expectEachOnce(topic, 150);
  });

  it('hands a batch over until it succeeds', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const group = `g-${randomUUID()}`;
    const attempts: number[] = [];
    await producer.send(numbered(topic.name, 0, 5));
    consume(topic, group, {
      handlers: {
        onBatch: async (batch) => {
          attempts.push(batch.attempt);
          if (batch.attempt < 3) throw new Error('away');
          await store(group, batch, 'a');
        },
      },
    });
    await stored(topic, 5);
    expect(attempts).toEqual([1, 2, 3]);
    await expectEachOnce(topic, 5);
  });

  it('pauses a partition whose queue is full, and loses nothing', async () => {
    const topic = await createTopic(kafka);
    await producer.send(spread(topic, 3_000));
    consume(topic, `g-${randomUUID()}`, { queueRecords: 20, maxBatchRecords: 50 });
    await stored(topic, 3_000);
    await expectEachOnce(topic, 3_000);
  });

  it('shares partitions with a second one that joins and leaves, each record taking effect once', async () => {
    const topic = await createTopic(kafka);
    const group = `g-${randomUUID()}`;
    const { revoked } = consume(topic, group, {}, 'a');
    await producer.send(spread(topic, 300));
    await stored(topic, 300);
    const second = consume(topic, group, {}, 'b');
    await until(() => revoked.length > 0);
    await until(async () => (await second.consumer.lag()).length > 0);
    await producer.send(spread(topic, 300, 300));
    await stored(topic, 600);
    expect(new Set((await effects(topic)).map(({ by }) => by))).toEqual(new Set(['a', 'b']));
    await second.consumer.close();
    await producer.send(spread(topic, 300, 600));
    await stored(topic, 900);
    await expectEachOnce(topic, 900);
  });

  it('forgets a partition that another owner moved, and takes it again from where that one left it', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const group = `g-${randomUUID()}`;
    const { revoked } = consume(topic, group);
    await producer.send(numbered(topic.name, 0, 5));
    await stored(topic, 5);
    const usurper = createPositionStore(db.pool, SCHEMA, group);
    const [claimed] = await usurper.claim(topic.name, [0]);
    const records = numbered(topic.name, 0, 3, 5).map((one, n) => ({
      ...one,
      offset: BigInt(5 + n),
      appendMs: 0,
      headers: {},
    }));
    await store(group, { ...batchOf(topic, claimed!.epoch), firstOffset: 5n, nextOffset: 8n, records }, 'usurper');
    await producer.send(numbered(topic.name, 0, 10, 5));
    await stored(topic, 15);
    await expectEachOnce(topic, 15);
    expect(revoked).toEqual([0]);
  });

  it('stops a partition whose next offset the log no longer has, and says so', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const group = `g-${randomUUID()}`;
    await producer.send(numbered(topic.name, 0, 10));
    const positions = createPositionStore(db.pool, SCHEMA, group);
    const [claimed] = await positions.claim(topic.name, [0]);
    await positions.begin(topic.name, 0, claimed!.epoch, 2n);
    await deleteBefore(kafka, topic.name, 0, 5);
    const { consumer } = consume(topic, group);
    await until(() => consumer.health()?.includes('data loss') === true);
    expect(consumer.health()).toBe(`${topic.name}/0: data loss: offset 2 is next, but the log begins at 5`);
    expect(await effects(topic)).toEqual([]);
  });

  it('stops a partition whose log ends before the stored offset', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const group = `g-${randomUUID()}`;
    const positions = createPositionStore(db.pool, SCHEMA, group);
    const [claimed] = await positions.claim(topic.name, [0]);
    await positions.begin(topic.name, 0, claimed!.epoch, 9n);
    const { consumer } = consume(topic, group);
    await until(() => consumer.health()?.includes('data loss') === true);
    expect(consumer.health()).toContain('the log ends at 0');
  });

  it('stops at a gap in the log, after everything before it was processed', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    await producer.send(numbered(topic.name, 0, 5));
    // Markers of a transaction take an offset that no record has.
    const foreign = kafka.client.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 });
    await foreign.connect();
    const transaction = await foreign.transaction();
    await transaction.send({ topic: topic.name, messages: [{ value: '5', partition: 0 }] });
    await transaction.commit();
    await foreign.disconnect();
    const { consumer } = consume(topic, `g-${randomUUID()}`);
    await stored(topic, 6);
    await producer.send(numbered(topic.name, 0, 1, 7));
    await until(() => consumer.health()?.includes('data loss') === true);
    expect(consumer.health()).toContain('offset 6 is next, but the log gives 7');
    await expectEachOnce(topic, 6);
  });

  it('lets a batch end before it closes', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const group = `g-${randomUUID()}`;
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const { consumer } = consume(topic, group, {
      closeGraceMs: 30_000,
      handlers: {
        onBatch: async (batch) => {
          entered.resolve();
          await leave.promise;
          await store(group, batch, 'a');
        },
      },
    });
    await producer.send(numbered(topic.name, 0, 3));
    await entered.promise;
    const closed = consumer.close();
    leave.resolve();
    await closed;
    await expectEachOnce(topic, 3);
  });

  it('commits a batch while the next is computed, where the handler proceeds, also over failures', async () => {
    const topic = await createTopic(kafka);
    const group = `g-${randomUUID()}`;
    const failed = new Set<bigint>();
    consume(topic, group, {
      handlers: {
        onBatch: async (batch, _, proceed) => {
          proceed();
          const failsOnce = batch.firstOffset % 3n === 0n && !failed.has(batch.firstOffset);
          failed.add(batch.firstOffset);
          if (failsOnce) throw new Error('rolled back');
          await store(group, batch, 'a');
        },
      },
    });
    await producer.send(spread(topic, 600));
    await stored(topic, 600);
    await expectEachOnce(topic, 600);
  });
});

function batchOf(
  topic: TopicDefinition,
  epoch: bigint,
): Omit<PartitionBatch, 'firstOffset' | 'nextOffset' | 'records'> {
  return { topic: topic.name, partition: 0, epoch, handedOverMs: 0, attempt: 1 };
}
