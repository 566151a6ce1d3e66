import { fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeadLetter_Reason, DeadLetterSchema } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createDeadLetterRelay } from '../../services/platform/dead-letters/dead-letter-relay.ts';
import { createOperationsService } from '../../services/platform/dead-letters/operations-service.ts';
import { insertDeadLetters, type Refusal } from '../../services/platform/dead-letters/store.ts';
import { applyTopics } from '../../services/platform/kafka/admin.ts';
import type { KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import type { EventProducer } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { takePositions } from '../../services/platform/outbox/shards.ts';
import { createPositionStore, movePosition } from '../../services/platform/postgres/positions.ts';
import { createEventCodec, type EventCodec } from '../../services/platform/registry/codec.ts';
import { registerAll } from '../../services/platform/registry/register-all.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import { testStack } from '../support/stack.ts';
import { createPlatformDatabase, kafkaAs, type PlatformDatabase, SCHEMA, silent, until } from './platform-support.ts';

const deadLetters = topicOf(Topic.DEAD_LETTERS);
let kafka: KafkaConnection;
let producer: EventProducer;
let codec: EventCodec;
let db: PlatformDatabase;
beforeAll(async () => {
  kafka = kafkaAs('admin');
  producer = createProducer(kafka);
  const registry = createRegistry({ url: testStack().registry.url });
  codec = createEventCodec({ registry });
  await Promise.all([applyTopics(kafka, allTopics()), registerAll(registry, [deadLetters])]);
});
beforeEach(async () => {
  db = await createPlatformDatabase();
  return () => db.close();
});
afterAll(async () => {
  await producer.close();
  await kafka.close();
});

function refusal(offset: number, o: Partial<Refusal> = {}): Refusal {
  return {
    record: {
      topic: 'transactions-stream',
      partition: 1,
      offset: BigInt(offset),
      appendMs: 1_700_000_000_000 + offset,
      key: Buffer.from('C1'),
      value: Buffer.from([0, 1, 2, 255]),
      headers: {},
    },
    reason: DeadLetter_Reason.INVALID_VALUE,
    detail: 'amount_minor: at least 1',
    attempts: 1,
    ...o,
  };
}

const insert = (...refusals: Refusal[]) =>
  db.pool.transaction((tx) => insertDeadLetters(tx, { schema: SCHEMA, service: 'features' }, refusals));

function client() {
  const transport = createRouterTransport((router) => {
    router.service(
      OperationsService,
      createOperationsService({
        service: 'features',
        pool: db.pool,
        schema: SCHEMA,
        producer,
        stored: async (verify) => [{ kind: 'ledger', count: 7n, idDigest: verify ? 12_345n : null }],
        outboxTopics: { vectors: 'predictions-stream' },
      }),
    );
  });
  return createClient(OperationsService, transport);
}

const codeOf = async (work: Promise<unknown>) => ConnectError.from(await work.catch((cause: unknown) => cause)).code;

describe('dead letters', () => {
  it('are stored once per origin, at consecutive positions', async () => {
    const first = await insert(refusal(1), refusal(2));
    const second = await insert(refusal(2), refusal(3, { detail: 'bad \u0000 byte' }));
    expect(first.map(({ position }) => position)).toEqual([1n, 2n]);
    expect(second.map(({ position, offset, detail }) => [position, offset, detail])).toEqual([[3n, 3n, 'bad  byte']]);
    expect(await insert()).toEqual([]);
  });

  it('make their transaction wait for the disk, but not where there are none', async () => {
    const settingAfter = (refusals: Refusal[]) =>
      db.pool.transaction(
        async (tx) => {
          await insertDeadLetters(tx, { schema: SCHEMA, service: 'features' }, refusals);
          return (await tx.query('SHOW synchronous_commit')).rows[0]?.synchronous_commit;
        },
        { asyncCommit: true },
      );
    expect([await settingAfter([refusal(1)]), await settingAfter([])]).toEqual(['on', 'off']);
  });

  it('keep bytes that are no text, a missing key and a missing value', async () => {
    const [letter] = await insert(refusal(1, { record: { ...refusal(1).record, key: null, value: null } }));
    expect(letter).toMatchObject({ originalKey: null, originalValue: null, valueBytes: 0 });
    const [bytes] = await insert(refusal(2));
    expect([...(bytes?.originalValue ?? [])]).toEqual([0, 1, 2, 255]);
  });

  it('reach their topic whole, offered or found', async () => {
    const ranges = await kafka.logRanges(deadLetters.name);
    await insert(refusal(1));
    const relay = createDeadLetterRelay({
      scope: { log: silent },
      service: 'features',
      pool: db.pool,
      schema: SCHEMA,
      producer,
      codec,
    });
    relay.offer(await insert(refusal(2, { reason: DeadLetter_Reason.TOO_LARGE })));
    const service = client();
    await until(async () => (await service.getPosition({})).outboxes[0]?.publishedPosition === 2n);
    await relay.close();
    const events = await readValues(deadLetters.name, ranges[0]?.endOffset ?? 0n);
    const letters = events.map((value) => fromBinary(DeadLetterSchema, value.subarray(6)));
    expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual([
      [1n, DeadLetter_Reason.INVALID_VALUE],
      [2n, DeadLetter_Reason.TOO_LARGE],
    ]);
    expect(letters[0]).toMatchObject({ service: 'features', topic: 'transactions-stream', partition: 1, attempts: 1 });
    expect([...(letters[0]?.originalValue ?? [])]).toEqual([0, 1, 2, 255]);
  });
});

describe('the operations service', () => {
  it('tells positions, stored sets and outboxes', async () => {
    const store = createPositionStore(db.pool, SCHEMA, 'features');
    const [claimed] = await store.claim('customer-updates', [0]);
    await store.begin('customer-updates', 0, claimed!.epoch, 3n);
    await db.pool.transaction(async (tx) => {
      const counters = { accepted: 4, duplicates: 2, deadLetters: 1 };
      const place = { schema: SCHEMA, group: 'features', topic: 'customer-updates', partition: 0 };
      await movePosition(tx, { ...place, ...counters, epoch: claimed!.epoch, from: 3n, to: 10n });
      await takePositions(tx, SCHEMA, 'vectors', 2, 5);
    });
    const position = await client().getPosition({ verify: true });
    expect(position).toMatchObject({
      service: 'features',
      partitions: [
        {
          topic: 'customer-updates',
          firstOffset: 3n,
          nextOffset: 10n,
          accepted: 4n,
          duplicates: 2n,
          deadLetters: 1n,
          gapless: false,
        },
      ],
      stored: [{ kind: 'ledger', count: 7n, idDigest: '12345' }],
      outboxes: [{ topic: 'predictions-stream', shard: 2, lastPosition: 5n, publishedPosition: 0n }],
    });
    expect((await client().getPosition({})).stored[0]?.idDigest).toBe('');
  });

  it('lists latest first, in pages, without keys and values, and by reason', async () => {
    await insert(...[1, 2, 3, 4, 5].map((n) => refusal(n, n === 3 ? { reason: DeadLetter_Reason.WRONG_KEY } : {})));
    const service = client();
    const first = await service.listDeadLetters({ pageSize: 2 });
    const second = await service.listDeadLetters({ pageSize: 2, pageToken: first.nextPageToken });
    const third = await service.listDeadLetters({ pageSize: 2, pageToken: second.nextPageToken });
    const offsets = [first, second, third].map((page) => page.deadLetters.map(({ offset }) => Number(offset)));
    expect(offsets).toEqual([[5, 4], [3, 2], [1]]);
    expect(third.nextPageToken).toBe('');
    expect(first.deadLetters[0]).toMatchObject({ reason: 'INVALID_VALUE', valueBytes: 4 });
    expect(first.deadLetters[0]?.originalValue).toBeUndefined();
    expect(first.deadLetters[0]?.originalKey).toBeUndefined();
    const wrongKeys = await service.listDeadLetters({ reason: 'WRONG_KEY' });
    expect(wrongKeys.deadLetters.map(({ offset }) => offset)).toEqual([3n]);
    expect(await codeOf(service.listDeadLetters({ reason: 'NONSENSE' }))).toBe(Code.InvalidArgument);
    expect(await codeOf(service.listDeadLetters({ pageToken: 'garbage' }))).toBe(Code.InvalidArgument);
    expect(await codeOf(service.listDeadLetters({ pageToken: first.nextPageToken, reason: 'WRONG_KEY' }))).toBe(
      Code.InvalidArgument,
    );
  });

  it('shows one whole, and says NOT_FOUND of another', async () => {
    const [letter] = await insert(refusal(1));
    const { deadLetter } = await client().getDeadLetter({ deadLetterId: letter!.deadLetterId });
    expect([...(deadLetter?.originalValue ?? [])]).toEqual([0, 1, 2, 255]);
    const unknown = '00000000-0000-5000-8000-000000000000';
    expect(await codeOf(client().getDeadLetter({ deadLetterId: unknown }))).toBe(Code.NotFound);
  });

  it('replays the original bytes to the partition of their key, once unless forced', async () => {
    const [letter] = await insert(refusal(1));
    const service = client();
    const deadLetterId = letter!.deadLetterId;
    const replayed = await service.replayDeadLetter({ deadLetterId });
    expect(replayed).toMatchObject({ topic: 'transactions-stream', partition: partitionOf('C1', 3) });
    const values = await readValues('transactions-stream', replayed.offset, replayed.partition);
    expect([...(values[0] ?? [])]).toEqual([0, 1, 2, 255]);
    expect(await codeOf(service.replayDeadLetter({ deadLetterId }))).toBe(Code.FailedPrecondition);
    const again = await service.replayDeadLetter({ deadLetterId, force: true });
    expect(again.offset).toBeGreaterThan(replayed.offset);
    const { deadLetter } = await service.getDeadLetter({ deadLetterId });
    expect(deadLetter?.replayTime).toBeDefined();
  });
});

async function readValues(topic: string, from: bigint, only = 0): Promise<Uint8Array[]> {
  const values: Uint8Array[] = [];
  const reader = createLogReader({
    kafka,
    topic,
    positions: async () => new Map([[only, from]]),
    onRecords: async (partition, records) => {
      if (partition === only) values.push(...records.map(({ value }) => value ?? new Uint8Array()));
    },
    onFatal: (cause) => {
      throw cause;
    },
  });
  await reader.caughtUp();
  await reader.close();
  return values;
}
