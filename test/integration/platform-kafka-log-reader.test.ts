import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader, type LogReader, type LogReaderOptions } from '../../services/platform/kafka/log-reader.ts';
import type { EventProducer } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createTopic, deleteBefore, kafkaAs, numbered, record, textOf, until } from './platform-support.ts';

let kafka: KafkaConnection;
let producer: EventProducer;
const readers: LogReader[] = [];
beforeAll(() => {
  kafka = kafkaAs('admin');
  producer = createProducer(kafka);
});
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});
afterAll(async () => {
  await producer.close();
  await kafka.close();
});

function read(topic: string, o: Partial<LogReaderOptions> = {}) {
  const seen = new Map<number, string[]>();
  const reader = createLogReader({
    kafka,
    topic,
    positions: async () => new Map(),
    onRecords: async (partition, records) => {
      seen.set(partition, [...(seen.get(partition) ?? []), ...records.map(textOf)]);
    },
    onFatal: (cause) => {
      throw cause;
    },
    ...o,
  });
  readers.push(reader);
  return { reader, seen };
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => String(from + n));

describe('a log reader', () => {
  it('is caught up at once with an empty topic', async () => {
    const topic = await createTopic(kafka, { partitions: 2 });
    const { reader } = read(topic.name);
    await reader.caughtUp();
    expect(reader.health()).toBeNull();
  });

  it('has handled everything that was acknowledged before it was asked, of every partition, in order', async () => {
    const topic = await createTopic(kafka, { partitions: 2 });
    const { reader, seen } = read(topic.name);
    for (let round = 0; round < 30; round++) {
      await producer.send([...numbered(topic.name, 0, 5, round * 5), ...numbered(topic.name, 1, 3, round * 3)]);
      await reader.caughtUp();
      expect(seen.get(0)).toEqual(numbers((round + 1) * 5));
      expect(seen.get(1)).toEqual(numbers((round + 1) * 3));
    }
  });

  it('reads all partitions in each of two instances', async () => {
    const topic = await createTopic(kafka, { partitions: 2 });
    await producer.send([...numbered(topic.name, 0, 5), ...numbered(topic.name, 1, 5)]);
    const both = [read(topic.name), read(topic.name)];
    for (const { reader, seen } of both) {
      await reader.caughtUp();
      expect([seen.get(0), seen.get(1)]).toEqual([numbers(5), numbers(5)]);
    }
  });

  it('starts where the caller stands', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    await producer.send(numbered(topic.name, 0, 10));
    const { reader, seen } = read(topic.name, { positions: async () => new Map([[0, 7n]]) });
    await reader.caughtUp();
    expect(seen.get(0)).toEqual(numbers(3, 7));
  });

  it('hands a record over again when its handler failed, and waits for it', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    let failures = 2;
    const taken: string[] = [];
    const { reader } = read(topic.name, {
      onRecords: async (_, records) => {
        if (failures-- > 0) throw new Error('away');
        taken.push(...records.map(textOf));
      },
    });
    await producer.send(numbered(topic.name, 0, 4));
    await reader.caughtUp();
    expect(taken).toEqual(numbers(4));
  });

  it('is caught up although the last offsets hold nothing visible', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const transactional = kafka.client.producer({
      transactionalId: `test-${randomUUID()}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await transactional.connect();
    const transaction = await transactional.transaction();
    await transaction.send({ topic: topic.name, messages: [{ value: 'aborted', partition: 0 }] });
    await transaction.abort();
    await transactional.disconnect();
    const { reader, seen } = read(topic.name);
    await reader.caughtUp();
    expect(seen.get(0)).toBeUndefined();
    await producer.send([record(topic.name, 0, 'next')]);
    await reader.caughtUp();
    expect(seen.get(0)).toEqual(['next']);
  });

  it('is caught up although the log was deleted behind where it stands', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    await producer.send(numbered(topic.name, 0, 5));
    await deleteBefore(kafka, topic.name, 0, 5);
    const { reader, seen } = read(topic.name, { positions: async () => new Map([[0, 2n]]) });
    await reader.caughtUp();
    expect(seen.get(0)).toBeUndefined();
  });

  it('stops waiting when the signal aborts, and when it is closed', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const never = Promise.withResolvers<void>();
    const { reader } = read(topic.name, {
      onRecords: async (_partition, _records, _next, signal) => {
        signal.addEventListener('abort', () => never.resolve());
        await never.promise;
      },
    });
    await until(() => reader.health() === null);
    await producer.send(numbered(topic.name, 0, 1));
    await expect(reader.caughtUp(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'TimeoutError' });
    const waiting = reader.caughtUp();
    const refused = expect(waiting).rejects.toThrow('closing');
    await until(async () => (await Promise.race([waiting, 'pending'])) === 'pending');
    await reader.close();
    await refused;
  });

  it('takes its group with it', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const { reader } = read(topic.name, { kafka });
    await reader.caughtUp();
    const admin = await kafka.admin();
    const groups = async () => (await admin.listGroups()).groups.filter(({ groupId }) => groupId.includes(topic.name));
    expect(await groups()).toHaveLength(1);
    await reader.close();
    expect(await groups()).toHaveLength(0);
  });
});
