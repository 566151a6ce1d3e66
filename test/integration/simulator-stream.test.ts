import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { applyAcls, applyTopics } from '../../services/platform/kafka/admin.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { registerAll } from '../../services/platform/registry/register-all.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import { runSimulator, SIMULATOR_MIGRATIONS, startSimulator } from './simulator-support.ts';

let database: TestDatabase;
let admin: KafkaConnection;
let env: Record<string, string>;
let transactions: number;
let profiles: number;

beforeAll(async () => {
  const stack = testStack();
  database = await createTestDatabase(stack.postgres);
  const ownerUrl = database.url('pde_simulator_owner');
  await migrate({ ownerUrl, schema: 'bank', directory: SIMULATOR_MIGRATIONS });
  const log = createSilentLogger();
  admin = createKafka({ ...stack.kafka.credentials('admin'), brokers: stack.kafka.brokers, clientId: 'test', log });
  await applyTopics(admin, allTopics());
  await applyAcls(admin, aclsOf(allTopics()));
  await registerAll(createRegistry({ url: stack.registry.url }), allTopics());
  const { username, password } = stack.kafka.credentials('simulator');
  env = {
    PDE_POSTGRES_URL: database.url('pde_simulator'),
    PDE_KAFKA_BROKERS: stack.kafka.brokers,
    PDE_KAFKA_USERNAME: username,
    PDE_KAFKA_PASSWORD: password,
    PDE_REGISTRY_URL: stack.registry.url,
    PDE_LOG_LEVEL: 'error',
  };
  const { json } = await runSimulator(['import-synthetic', '--customers', '8', '--months', '3', '--seed', '9'], env);
  transactions = json?.transactions as number;
  profiles = json?.profiles as number;
});

afterAll(async () => {
  await admin.close();
  await database.drop();
});

async function records(topic: Topic): Promise<number> {
  const ranges = await admin.logRanges(topicOf(topic).name);
  return ranges.reduce((sum, range) => sum + Number(range.endOffset), 0);
}

describe('a stream', () => {
  it('stops after its total and goes on from its checkpoint, every transaction once', async () => {
    const before = await records(Topic.TRANSACTIONS_STREAM);
    const first = await runSimulator(['stream', '--total', '300', '--batch-size', '70'], env);
    expect(first.json).toMatchObject({ sent: 300, acknowledged: 300, resumed_from: 0, complete: false });
    const second = await runSimulator(['stream'], env);
    expect(second.json).toMatchObject({ resumed_from: 300, acknowledged: transactions - 300, complete: true });
    expect((await records(Topic.TRANSACTIONS_STREAM)) - before).toBe(transactions);
    expect((first.json?.profiles as number) + (second.json?.profiles as number)).toBe(profiles);
    const position = await runSimulator(['position'], env);
    expect(position.json).toMatchObject({
      streamed: transactions,
      acknowledged_digest: second.json?.acknowledged_digest,
    });
  });

  it('killed between acknowledgement and checkpoint sends that batch again, and skips nothing', async () => {
    const before = await records(Topic.TRANSACTIONS_STREAM);
    const killed = await runSimulator(['stream', '--restart', '--batch-size', '100'], {
      ...env,
      PDE_CRASH_POINT: 'after-acknowledge-before-checkpoint@3',
    });
    expect(killed.signal).toBe('SIGKILL');
    const resumed = await runSimulator(['stream', '--batch-size', '100'], env);
    expect(resumed.json).toMatchObject({ resumed_from: 200, complete: true, acknowledged_ids: transactions });
    expect((await records(Topic.TRANSACTIONS_STREAM)) - before).toBe(transactions + 100);
  });

  it('ends after the batch in flight when it is told to, its checkpoint kept', async () => {
    const running = startSimulator(['stream', '--restart', '--batch-size', '10', '--delay-ms', '200'], env);
    await running.shown('acknowledged');
    running.kill('SIGTERM');
    const { code, json } = await running.ended;
    expect(code).toBe(0);
    // What was acknowledged before the restart stays acknowledged.
    expect(json).toMatchObject({ complete: false, acknowledged_ids: transactions });
    expect(json?.acknowledged).toBe(json?.sent);
    const rest = await runSimulator(['stream'], env);
    expect(rest.json).toMatchObject({ resumed_from: json?.next_sequence, complete: true });
  });

  it('keeps to a rate', async () => {
    const startedMs = performance.now();
    const flags = ['--restart', '--rate', '200', '--measure', '--total', '200'];
    const { json } = await runSimulator(['stream', ...flags], env);
    expect(json).toMatchObject({ sent: 200, acknowledged: 200 });
    expect(performance.now() - startedMs).toBeGreaterThan(995);
  });

  it('between two times is a stream of its own', async () => {
    const bounds = ['--from', '2024-02-01', '--to', '2024-03-01'];
    const { json } = await runSimulator(['stream', ...bounds], env);
    expect(json).toMatchObject({ complete: true, stream: '2024-02-01T00:00:00.000Z..2024-03-01T00:00:00.000Z' });
    expect(json?.sent).toBe((json?.end_sequence as number) - (json?.resumed_from as number));
    expect((await runSimulator(['stream', ...bounds], env)).json).toMatchObject({ sent: 0, complete: true });
  });
});
