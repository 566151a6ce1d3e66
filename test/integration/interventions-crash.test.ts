import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { InterventionSchema } from '../../gen/pde/events/v1/intervention_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createLogReader, type LogReader } from '../../services/platform/kafka/log-reader.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { listPositions } from '../../services/platform/postgres/positions.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { topicOf } from '../../services/platform/topics/topics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import {
  applyContract,
  CUSTOMER_UPDATES,
  kafkaAs,
  migrateInterventions,
  newCustomer,
  PREDICTIONS,
  predictionEvent,
  profileEvent,
} from './interventions-kit.ts';

const MAIN = join(import.meta.dirname, '../../services/interventions/main.ts');
const INTERVENTIONS = topicOf(Topic.INTERVENTIONS_STREAM);
const stack = testStack();
const codec = createEventCodec({ registry: createRegistry({ url: stack.registry.url }) });
const bank = kafkaAs('simulator');
const model = kafkaAs('scoring');
const operator = kafkaAs('operator');
const fromBank = createProducer(bank);
const fromModel = createProducer(model);
const published: string[] = [];
let directory: string;
let database: TestDatabase;
let pool: Pool;
let reader: LogReader;
let child: ChildProcess;

beforeAll(async () => {
  await applyContract();
  reader = listen();
  directory = await mkdtemp(join(tmpdir(), 'interventions-crash-'));
  await writeFile(join(directory, 'keys.json'), '{"keys": []}');
  database = await createTestDatabase(stack.postgres);
  await migrateInterventions(database);
  pool = createPool({ url: database.url('pde_interventions') });
});

afterEach(async () => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
});

afterAll(async () => {
  await Promise.all([reader.close(), fromBank.close(), fromModel.close()]);
  await Promise.all([bank.close(), model.close(), operator.close(), pool.close()]);
  await database.drop();
  await rm(directory, { recursive: true });
});

/** Collects whose interventions are published. Kafka admits it only once the ACLs are there. */
function listen(): LogReader {
  return createLogReader({
    kafka: operator,
    topic: INTERVENTIONS.name,
    positions: async () => new Map(),
    onRecords: async (_, records) => {
      for (const { value } of records) {
        const decoded = await codec.decode(INTERVENTIONS, InterventionSchema, value ?? new Uint8Array());
        if (decoded.kind === 'ok') published.push(decoded.message.customerId);
      }
    },
    onFatal: (cause) => {
      throw cause;
    },
  });
}

/** The service as a process of its own. */
function start(crashPoint: string): ChildProcess {
  const { username, password } = stack.kafka.credentials('interventions');
  return spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PDE_POSTGRES_URL: database.url('pde_interventions'),
      PDE_KAFKA_BROKERS: stack.kafka.brokers,
      PDE_KAFKA_USERNAME: username,
      PDE_KAFKA_PASSWORD: password,
      PDE_REGISTRY_URL: stack.registry.url,
      PDE_API_KEYS_FILE: join(directory, 'keys.json'),
      PDE_INTERVENTIONS_SESSION_TIMEOUT_MS: '6000',
      PDE_CRASH_POINT: crashPoint,
    },
  });
}

async function send(customerId: string): Promise<void> {
  const profile = await codec.encode(CUSTOMER_UPDATES, CustomerProfileSchema, profileEvent(customerId, 1));
  const key = Buffer.from(customerId);
  const updates = partitionOf(key, CUSTOMER_UPDATES.partitions);
  await fromBank.send([{ topic: CUSTOMER_UPDATES.name, partition: updates, key, value: profile }]);
  const event = predictionEvent({ customerId, riskScore: 0.6 });
  const value = await codec.encode(PREDICTIONS, PredictionSchema, event);
  await fromModel.send([{ topic: PREDICTIONS.name, partition: partitionOf(key, PREDICTIONS.partitions), key, value }]);
}

async function decisionsOf(customerId: string): Promise<number> {
  const { rows } = await pool.query<{ n: bigint }>(
    'SELECT count(*) AS n FROM interventions.decisions WHERE customer_id = $1::text',
    [customerId],
  );
  return Number(rows[0]!.n);
}

/** Records on predictions-stream that are not processed yet. */
async function unread(): Promise<bigint> {
  const positions = await listPositions(pool, 'interventions');
  const ranges = await operator.logRanges(PREDICTIONS.name);
  const left = ranges.map(({ partition, beginOffset, endOffset }) => {
    return endOffset - (positions.find((one) => one.partition === partition)?.nextOffset ?? beginOffset);
  });
  return left.reduce((sum, one) => sum + one, 0n);
}

describe('killed', () => {
  test.each([
    ['interventions-before-commit', 0],
    ['interventions-after-commit', 1],
  ])(
    'at %s and started again: one decision, one offer, published',
    async (crashPoint, decidedBefore) => {
      child = start(crashPoint);
      const customerId = newCustomer();
      await send(customerId);
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
      expect(await decisionsOf(customerId)).toBe(decidedBefore);
      expect(published).not.toContain(customerId);

      child = start('');
      const mine = () => published.filter((one) => one === customerId);
      await expect.poll(mine, { timeout: 45_000, interval: 100 }).toEqual([customerId]);
      expect(await decisionsOf(customerId)).toBe(1);
      // Other files' records lie on the topic too: they must not be what the next test's service crashes on.
      await expect.poll(unread, { timeout: 45_000, interval: 100 }).toBe(0n);
      for (const { accepted, duplicates, deadLetters, ...offsets } of await listPositions(pool, 'interventions')) {
        expect(accepted + duplicates + deadLetters).toBe(offsets.nextOffset - offsets.firstOffset);
      }
    },
    120_000,
  );
});
