/**
 * Staying up (DESIGN section 6): the whole engine while what it stands on is away, frozen, or says no. Nothing here is a stand-in:
 * real processes, signals and parts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { SERVICES, type ServiceName } from '../../services/cli/engine.ts';
import { reconcile, totals } from '../../services/cli/reconcile.ts';
import { applyAcls } from '../../services/platform/kafka/admin.ts';
import { createKafka } from '../../services/platform/kafka/kafka.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics } from '../../services/platform/topics/topics.ts';
import { type RunningRun, runEngine } from '../support/engine-run.ts';
import { useStack } from '../support/shared-stack.ts';
import { execute } from './input/found.ts';
import { transaction } from './input/good.ts';
import { createRandom } from './input/random.ts';
import { prepareSchemas } from './input/schemas.ts';
import { createSender } from './input/send.ts';
import { type Making, sent, written } from './input/sent.ts';
import { int, set, string, without } from './input/wire.ts';
import { publishedEvents } from './published.ts';

const SETTINGS = {
  features: { PDE_FEATURES_SESSION_TIMEOUT_MS: '6000', PDE_FEATURES_SCORE_DEADLINE_MS: '500' },
  interventions: { PDE_INTERVENTIONS_SESSION_TIMEOUT_MS: '6000' },
};
const PATIENCE = { timeout: 90_000, interval: 200 };
const WITH_DATABASE: readonly ServiceName[] = ['features', 'scoring', 'interventions'];

const stack = useStack();
let run: RunningRun;
let finish = () => {};
let ended: Promise<unknown> = Promise.resolve();

/** The engine stays up from here until the tests have ended. */
beforeAll(async () => {
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const bank = { kind: 'synthetic', customers: 4, months: 6, seed: 5 } as const;
  const up = Promise.withResolvers<RunningRun>();
  ended = runEngine(stack(), {
    bank,
    settings: SETTINGS,
    async inspect(running) {
      up.resolve(running);
      await finished;
    },
  });
  ended.catch(up.reject);
  run = await up.promise;
}, 180_000);

afterAll(async () => {
  finish();
  await ended;
}, 60_000);

describe('what a probe is told', () => {
  it('is that every service is alive and ready', async () => {
    expect(
      await Promise.all(SERVICES.flatMap((service) => [probe(service, 'livez'), probe(service, 'readyz')])),
    ).toEqual(Array(2 * SERVICES.length).fill(200));
  });

  it('is not ready, but alive, while a service’s database does not let it in; ready again by itself', async () => {
    await Promise.all(WITH_DATABASE.map((service) => execute(run, `ALTER ROLE pde_${service} NOLOGIN`)));
    const roles = WITH_DATABASE.map((service) => `'pde_${service}'`).join(', ');
    await execute(run, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN (${roles})`);
    for (const service of WITH_DATABASE) await expect.poll(() => problems(service), PATIENCE).toContain('postgres');
    expect(await Promise.all(WITH_DATABASE.map((service) => probe(service, 'livez')))).toEqual([200, 200, 200]);
    await Promise.all(WITH_DATABASE.map((service) => execute(run, `ALTER ROLE pde_${service} LOGIN`)));
    for (const service of WITH_DATABASE) await expect.poll(() => problems(service), PATIENCE).toEqual([]);
    expect(restarts()).toBe(0);
  });
});

describe('scoring frozen', () => {
  it('opens the breaker and lets the lag grow: nothing else shows, and it resumes by itself', async () => {
    const before = await rows();
    const scoring = processOf('scoring');
    scoring.kill('SIGSTOP');
    try {
      await sendTriggering('frozen', 30);
      await expect.poll(() => logOf('features'), PATIENCE).toContain('"event":"scoring-breaker","state":"open"');
      await expect.poll(() => lag(), PATIENCE).toBe(30);
      expect(await rows()).toBe(before);
      expect(await Promise.all([probe('features', 'livez'), probe('features', 'readyz')])).toEqual([200, 200]);
    } finally {
      scoring.kill('SIGCONT');
    }
    await run.drained();
    expect(await rows()).toBe(before + 30);
    await expect.poll(() => lag(), PATIENCE).toBe(0);
    expect(restarts()).toBe(0);
    const { features } = await run.observer.look(false);
    expect(totals(features, 'transactions-stream').deadLetters).toBe(0n);
  });
});

describe('Kafka frozen', () => {
  it('POST /predict answers, and its prediction is published later; whoever consumes is not alive meanwhile', async () => {
    const { kafka } = run.stack.parts;
    const customerId = await aCustomer();
    let predictionId = '';
    kafka.kill('SIGSTOP');
    try {
      const answer = await fetch(new URL('/predict', run.engine.addresses.gateway.rpcUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${run.keys.keys.client}` },
        body: JSON.stringify({ customer_id: customerId, idempotency_key: 'kafka-is-frozen' }),
      });
      expect(answer.status).toBe(200);
      const { prediction } = (await answer.json()) as { prediction: { prediction_id: string } };
      predictionId = prediction.prediction_id;
      await expect.poll(() => probe('features', 'livez'), PATIENCE).toBe(503);
      await expect.poll(() => probe('interventions', 'livez'), PATIENCE).toBe(503);
    } finally {
      kafka.kill('SIGCONT');
    }
    await expect.poll(() => predictionIds(), PATIENCE).toContain(predictionId);
    for (const service of SERVICES) await expect.poll(() => probe(service, 'livez'), PATIENCE).toBe(200);
    await run.drained();
  });
});

describe('a consumer that Kafka denies its topic', () => {
  it('ends its process, which is started again with backoff until it is let in', async () => {
    const features = processOf('features');
    const before = features.restarts;
    await withAdmin((admin) =>
      admin.deleteAcls({
        filters: [
          {
            resourceType: kafkajs.AclResourceTypes.TOPIC,
            resourceName: 'transactions-stream',
            resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
            principal: 'User:features',
            host: '*',
            operation: kafkajs.AclOperationTypes.READ,
            permissionType: kafkajs.AclPermissionTypes.ALLOW,
          },
        ],
      }),
    );
    await expect.poll(() => features.restarts - before, PATIENCE).toBeGreaterThanOrEqual(2);
    expect(logOf('features')).toContain('"event":"consumer-gone"');
    const { brokers, credentials } = run.stack.kafka;
    const kafka = createKafka({ brokers, ...credentials('admin'), clientId: 'test', log: createSilentLogger() });
    await applyAcls(kafka, aclsOf(allTopics())).finally(() => kafka.close());
    await sendTriggering('denied', 5);
    await expect.poll(() => probe('features', 'livez'), PATIENCE).toBe(200);
    await run.drained();
  });
});

describe('SIGTERM', () => {
  it.each(SERVICES)('ends %s in good order within its grace, and it comes back', async (service) => {
    const process = processOf(service);
    const before = process.restarts;
    const stops = count(service, '"event":"stopped","clean":true');
    process.kill('SIGTERM');
    await expect.poll(() => process.restarts, PATIENCE).toBe(before + 1);
    expect(count(service, '"event":"stopped","clean":true')).toBe(stops + 1);
    await expect.poll(() => probe(service, 'livez'), PATIENCE).toBe(200);
    await expect.poll(() => probe(service, 'readyz'), PATIENCE).toBe(200);
  });

  it('and all else lost nothing', async () => {
    await run.drained();
    const { checks } = reconcile(await run.observer.look(true));
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });
});

async function probe(service: ServiceName, path: 'livez' | 'readyz'): Promise<number> {
  const answer = await fetch(`${run.engine.addresses[service].opsUrl}/${path}`).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status ?? 0;
}

/** The checks that keep a service from being ready. */
async function problems(service: ServiceName): Promise<string[]> {
  const answer = await fetch(`${run.engine.addresses[service].opsUrl}/readyz`);
  const body = (await answer.json()) as { problems: { check: string }[] };
  return body.problems.map(({ check }) => check);
}

function processOf(service: ServiceName) {
  const process = run.engine.processes.get(service);
  if (process === undefined) throw new Error(`there is no ${service}`);
  return process;
}

function restarts(): number {
  return [...run.engine.processes.values()].reduce((sum, process) => sum + process.restarts, 0);
}

function logOf(service: ServiceName): string {
  return readFileSync(join(run.stateDir, 'logs', `${service}.log`), 'utf8');
}

function count(service: ServiceName, line: string): number {
  return logOf(service).split(line).length - 1;
}

/** Of transactions-stream, as features tells its scraper. */
async function lag(): Promise<number> {
  const text = await (await fetch(`${run.engine.addresses.features.opsUrl}/metrics`)).text();
  const lines = [...text.matchAll(/^pde_consumer_lag_records\{[^}]*\} (\d+)$/gm)];
  return lines.reduce((sum, [, records]) => sum + Number(records), 0);
}

/** Of the ledger, asked of the database: whoever asks all services waits for the one that is frozen. */
async function rows(): Promise<number> {
  const client = new pg.Client({ connectionString: run.database.adminUrl });
  await client.connect();
  try {
    const { rows: counted } = await client.query<{ count: string }>('SELECT count(*) FROM features.ledger');
    return Number(counted[0]?.count);
  } finally {
    await client.end();
  }
}

async function aCustomer(): Promise<string> {
  const headers = { authorization: `Bearer ${run.keys.keys.client}` };
  const path = '/high_risk_customers?page_size=1&min_risk_level=RISK_LEVEL_LOW';
  const answer = await fetch(new URL(path, run.engine.addresses.gateway.rpcUrl), { headers });
  const { customers } = (await answer.json()) as { customers: { customer_id: string }[] };
  return customers[0]!.customer_id;
}

async function predictionIds(): Promise<readonly string[]> {
  const idOf = (bytes: Uint8Array) => fromBinary(PredictionSchema, bytes).predictionId;
  return [...(await publishedEvents(run.stack, 'predictions-stream', idOf)).keys()];
}

/** Failed payments of one new customer: each triggers. */
async function sendTriggering(name: string, count: number): Promise<void> {
  const o: Making = {
    customerId: `staying-up-${name}`,
    random: createRandom(1),
    schemas: await prepareSchemas(run.stack),
    nowMs: Date.now(),
  };
  const good = without(transaction(o), 12);
  const records = Array.from({ length: count }, (_, n) => {
    const value = written(o, 'transactions-stream', set(good, string(1, `${name}-${n}`), int(11, 2)));
    const stored = `${o.customerId} ${name}-${n}`;
    return { way: name, ...sent('transactions-stream', o.customerId, value, { kind: 'accepted', stored }) };
  });
  const sender = createSender(run);
  await sender.send(records).finally(() => sender.close());
}

async function withAdmin<T>(work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const { username, password } = run.stack.kafka.credentials('admin');
  const kafka = new kafkajs.Kafka({
    clientId: 'test',
    brokers: [run.stack.kafka.brokers],
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  return await work(admin).finally(() => admin.disconnect());
}
