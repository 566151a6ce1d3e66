import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOffsets } from '../../services/platform/kafka/admin.ts';
import type { KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
import type { EventProducer, IncomingRecord } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import type { TopicDefinition } from '../../services/platform/topics/topics.ts';
import { createTopic, kafkaAs, numbered, record, textOf } from './platform-support.ts';

let kafka: KafkaConnection;
let producer: EventProducer;
beforeAll(() => {
  kafka = kafkaAs('admin');
  producer = createProducer(kafka);
});
afterAll(async () => {
  await producer.close();
  await kafka.close();
});

async function readAll(topic: TopicDefinition): Promise<IncomingRecord[]> {
  const all: IncomingRecord[] = [];
  const reader = createLogReader({
    kafka,
    topic: topic.name,
    positions: async () => new Map(),
    onRecords: async (_, records) => void all.push(...records),
    onFatal: (cause) => {
      throw cause;
    },
  });
  await reader.caughtUp();
  await reader.close();
  return all;
}

describe('a producer', () => {
  it('acknowledges every partition that was sent, with where its records lie', async () => {
    const topic = await createTopic(kafka);
    const first = await producer.send([...numbered(topic.name, 0, 3), ...numbered(topic.name, 2, 2)]);
    const second = await producer.send(numbered(topic.name, 2, 4));
    const where = (acks: typeof first) => acks.map((ack) => [ack.partition, Number(ack.baseOffset), ack.records]);
    expect(where(first)).toEqual([
      [0, 0, 3],
      [2, 0, 2],
    ]);
    expect(where(second)).toEqual([[2, 2, 4]]);
    expect([...(await endOffsets(kafka, topic.name))]).toEqual([
      [0, 3n],
      [1, 0n],
      [2, 6n],
    ]);
  });

  it('keeps the order of a partition over sends that were not waited for', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    const sends = Array.from({ length: 50 }, (_, n) => producer.send(numbered(topic.name, 0, 20, n * 20)));
    const acks = (await Promise.all(sends)).flat();
    expect(acks.map((ack) => Number(ack.baseOffset))).toEqual(acks.map((_, n) => n * 20));
    expect((await readAll(topic)).map(textOf)).toEqual(Array.from({ length: 1_000 }, (_, n) => String(n)));
  });

  it('rejects a record that is too large, and only its sender', async () => {
    const topic = await createTopic(kafka, { partitions: 1, maxRecordBytes: 10_000 });
    const good = producer.send([record(topic.name, 0, 'before')]);
    const bad = producer.send([record(topic.name, 0, 'x'.repeat(20_000))]);
    const after = producer.send([record(topic.name, 0, 'after')]);
    await expect(bad).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
    await Promise.all([good, after]);
    expect((await readAll(topic)).map(textOf)).toEqual(['before', 'after']);
  });

  it('sends a dead letter of nearly 4 MiB, and a reader gets it whole', async () => {
    const topic = await createTopic(kafka, { partitions: 1, maxRecordBytes: 4 * 1024 * 1024 });
    const bytes = 4 * 1024 * 1024 - 1_000;
    await producer.send([record(topic.name, 0, 'x'.repeat(bytes), 'key')]);
    expect((await readAll(topic)).map((one) => one.value?.length)).toEqual([bytes]);
  });

  it('keeps tombstones and headers', async () => {
    const topic = await createTopic(kafka, { partitions: 1 });
    await producer.send([
      { topic: topic.name, partition: 0, key: Buffer.from('k'), value: null },
      { topic: topic.name, partition: 0, key: null, value: new Uint8Array(), headers: { at: '7' } },
    ]);
    const [tombstone, empty] = await readAll(topic);
    expect(tombstone).toMatchObject({ value: null, headers: {} });
    expect(empty).toMatchObject({ key: null, headers: { at: '7' } });
    expect(empty?.value).toHaveLength(0);
    expect(empty?.appendMs).toBeGreaterThan(1_600_000_000_000);
  });

  it('gives up when its signal aborts', async () => {
    const waiting = producer.send([record('test-no-such-topic', 0, 'x')], AbortSignal.timeout(300));
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('rejects what is not acknowledged some time after it is closed', async () => {
    const hasty = createProducer(kafka, { closeGraceMs: 100 });
    const waiting = expect(hasty.send([record('test-no-such-topic', 0, 'x')])).rejects.toThrow(
      'the producer is closed',
    );
    await hasty.close();
    await waiting;
    await expect(hasty.send([])).rejects.toThrow('the producer is closed');
  });

  it('rejects what the broker denies', async () => {
    const topic = await createTopic(kafka);
    const stranger = kafkaAs('scoring');
    const denied = createProducer(stranger);
    await expect(denied.send([record(topic.name, 0, 'x')])).rejects.toMatchObject({
      type: 'TOPIC_AUTHORIZATION_FAILED',
    });
    await denied.close();
    await stranger.close();
  });
});
