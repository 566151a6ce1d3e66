/**
 * A writer and relay in a process of its own, which a test kills at a crash point:
 * node platform-outbox.fixture.ts DATABASE_URL BROKERS USERNAME PASSWORD TOPIC ROWS [CRASH_POINT]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../services/platform/kafka/kafka.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { armCrashPoint } from '../../services/platform/lifecycle/crash-point.ts';
import { listOutboxes } from '../../services/platform/outbox/shards.ts';
import { createPool } from '../../services/platform/postgres/pool.ts';
import { createRowsRelay, insertRows, ROWS_SCHEMA, silentLog } from './platform-outbox-rows.ts';

const [url = '', brokers = '', username = '', password = '', topic = '', rows = '0', crashPoint] =
  process.argv.slice(2);
armCrashPoint(crashPoint ?? null);
const pool = createPool({ url });
const producer = createProducer(
  createKafka({ brokers, username, password, clientId: 'outbox-fixture', log: silentLog }),
);
const relay = createRowsRelay(pool, producer, topic);
for (let n = 0; n < Number(rows); n++) {
  const { first, inserted } = await insertRows(pool, [n]);
  relay.offer(0, first, inserted);
  // One row a publish, so that the n-th passing of a crash point is the n-th row.
  await published(first);
}

async function published(position: bigint): Promise<void> {
  while (((await listOutboxes(pool, ROWS_SCHEMA))[0]?.publishedPosition ?? 0n) < position) {
    await delay(5);
  }
}
