import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
import type { EventProducer } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import type { Relay, RelayOptions } from '../../services/platform/outbox/relay.ts';
import { listOutboxes, takePositions } from '../../services/platform/outbox/shards.ts';
import type { TopicDefinition } from '../../services/platform/topics/topics.ts';
import { testStack } from '../support/stack.ts';
import { createRowsRelay, insertRows, OUTBOX, ROWS_DDL, ROWS_SCHEMA, type Row } from './platform-outbox-rows.ts';
import { createPlatformDatabase, createTopic, kafkaAs, type PlatformDatabase, until } from './platform-support.ts';

let kafka: KafkaConnection;
let producer: EventProducer;
let db: PlatformDatabase;
let topic: TopicDefinition;
const relays: Relay<Row>[] = [];
beforeAll(() => {
  kafka = kafkaAs('admin');
  producer = createProducer(kafka);
});
beforeEach(async () => {
  db = await createPlatformDatabase({ max: 20 });
  await db.pool.query(ROWS_DDL);
  topic = await createTopic(kafka, { partitions: 1 });
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()));
  await db.close();
});
afterAll(async () => {
  await producer.close();
  await kafka.close();
});

function relayOf(o: Partial<RelayOptions<Row>> = {}): Relay<Row> {
  const relay = createRowsRelay(db.pool, producer, topic.name, o);
  relays.push(relay);
  return relay;
}

const shard = async () => (await listOutboxes(db.pool, ROWS_SCHEMA))[0];

async function drained(count: number): Promise<void> {
  await until(async () => (await shard())?.publishedPosition === BigInt(count));
}

async function published(): Promise<{ position: number; n: number }[]> {
  const all: { position: number; n: number }[] = [];
  const reader = createLogReader({
    kafka,
    topic: topic.name,
    positions: async () => new Map(),
    onRecords: async (_, records) => {
      for (const { key, value } of records) {
        all.push({
          position: Number(Buffer.from(key ?? []).toString()),
          n: Number(Buffer.from(value ?? []).toString()),
        });
      }
    },
    onFatal: (cause) => {
      throw cause;
    },
  });
  await reader.caughtUp();
  await reader.close();
  return all;
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

describe('positions', () => {
  it('are in commit order: who sees one sees all before it', async () => {
    let highest = 0;
    const writers = Array.from({ length: 200 }, (_, n) => insertRows(db.pool, [n, n]));
    const watching = (async () => {
      while (highest < 400) {
        const { rows } = await db.pool.query<{ count: bigint; max: bigint | null }>(
          'SELECT count(*), max(position) FROM rows',
        );
        highest = Number(rows[0]?.max ?? 0n);
        expect(rows[0]?.count).toBe(rows[0]?.max ?? 0n);
      }
    })();
    await Promise.all([...writers, watching]);
  });

  it('make their transaction wait for the disk, also where it began asynchronously', async () => {
    const setting = await db.pool.transaction(
      async (tx) => {
        const show = async () => (await tx.query('SHOW synchronous_commit')).rows[0]?.synchronous_commit;
        const before = await show();
        await takePositions(tx, ROWS_SCHEMA, OUTBOX, 0, 1);
        return [before, await show()];
      },
      { asyncCommit: true },
    );
    expect(setting).toEqual(['off', 'on']);
  });

  it('of a transaction that rolled back are taken by the next', async () => {
    await insertRows(db.pool, [0]);
    const failing = db.pool.transaction(async (tx) => {
      await takePositions(tx, ROWS_SCHEMA, OUTBOX, 0, 5);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await insertRows(db.pool, [1])).first).toBe(2n);
  });
});

describe('a relay', () => {
  it('publishes in order what many writers offer, each row once', async () => {
    const relay = relayOf();
    const writers = Array.from({ length: 100 }, async (_, n) => {
      const { first, inserted } = await insertRows(db.pool, [n, n]);
      relay.offer(0, first, inserted);
    });
    await Promise.all(writers);
    await drained(200);
    expect((await published()).map(({ position }) => position)).toEqual(upTo(200));
  });

  it('finds rows that nobody offered, in batches', async () => {
    await insertRows(db.pool, upTo(1_000));
    relayOf({ batchRows: 100 });
    await drained(1_000);
    expect((await published()).map(({ position }) => position)).toEqual(upTo(1_000));
  });

  it('publishes an offer without asking the table', async () => {
    let reads = 0;
    const relay = relayOf({
      pollMs: 3_600_000,
      readAfter: async () => {
        reads++;
        return [];
      },
    });
    await until(
      async () => (await db.pool.query('SELECT 1 FROM outbox_cursors WHERE lease_owner IS NOT NULL')).count === 1,
    );
    const { first, inserted } = await insertRows(db.pool, [1, 2, 3]);
    relay.offer(0, first, inserted);
    await drained(3);
    expect(reads).toBe(0);
  });

  it('drops offers beyond its bound and reads them later', async () => {
    const relay = relayOf({ queueRows: 10, batchRows: 10 });
    for (let n = 0; n < 50; n++) {
      const { first, inserted } = await insertRows(db.pool, [n, n, n, n]);
      relay.offer(0, first, inserted);
    }
    await drained(200);
    expect((await published()).map(({ position }) => position)).toEqual(upTo(200));
  });

  it('tries again when the records cannot be made', async () => {
    let failures = 3;
    relayOf({
      toRecords: async (rows) => {
        if (failures-- > 0) throw new Error('the registry is away');
        return rows.map(({ position }) => ({
          topic: topic.name,
          partition: 0,
          key: Buffer.from(String(position)),
          value: Buffer.from('0'),
        }));
      },
    });
    await insertRows(db.pool, [1, 2]);
    await drained(2);
    expect((await published()).map(({ position }) => position)).toEqual([1, 2]);
  });

  it('counts positions without a row as published', async () => {
    await insertRows(db.pool, [1, 2, 3]);
    await db.pool.query('DELETE FROM rows WHERE position >= 2');
    relayOf();
    await drained(3);
    expect((await published()).map(({ position }) => position)).toEqual([1]);
  });

  it('leaves a shard to the one that holds its lease, and takes it over when that one closes', async () => {
    const first = relayOf();
    await insertRows(db.pool, [1]);
    await drained(1);
    const second = relayOf();
    await insertRows(db.pool, [2]);
    await drained(2);
    await first.close();
    await insertRows(db.pool, [3]);
    await drained(3);
    expect(second.health()).toBeNull();
    expect((await published()).map(({ position }) => position)).toEqual([1, 2, 3]);
  });

  it('publishes what was offered before it closes', async () => {
    const relay = relayOf();
    await insertRows(db.pool, [0]);
    await drained(1);
    const { first, inserted } = await insertRows(db.pool, upTo(500));
    relay.offer(0, first, inserted);
    await relay.close();
    expect((await shard())?.publishedPosition).toBe(501n);
  });
});

describe('a relay that is killed', () => {
  function start(crashPoint: string): ChildProcess {
    const { brokers, credentials } = testStack().kafka;
    const { username, password } = credentials('admin' as never);
    const fixture = fileURLToPath(new URL('./platform-outbox.fixture.ts', import.meta.url));
    const args = [fixture, db.url('pde_features_owner'), brokers, username, password, topic.name, '30', crashPoint];
    return spawn(process.execPath, args, { stdio: 'ignore' });
  }

  it.each(['after-commit-before-publish@3', 'between-publish-and-cursor@3'])(
    'at %s loses nothing; its successor may repeat, in order',
    async (crashPoint) => {
      const child = start(crashPoint);
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
      const last = Number((await shard())?.lastPosition);
      expect(last).toBeGreaterThan(0);
      relayOf();
      await drained(last);
      const positions = (await published()).map(({ position }) => position);
      expect([...new Set(positions)]).toEqual(upTo(last));
      const repeats = positions.length - last;
      expect(repeats > 0).toBe(crashPoint.startsWith('between'));
    },
  );
});
