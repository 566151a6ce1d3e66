import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Prediction_Origin, PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { RiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import { ScoreFeaturesResult_Outcome, ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createKey, createKeyRing, formatKeyFile } from '../../services/platform/auth/key-ring.ts';
import { applyAcls, applyTopics } from '../../services/platform/kafka/admin.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import type { IncomingRecord } from '../../services/platform/kafka/port.ts';
import { createScope } from '../../services/platform/lifecycle/scope.ts';
import { createEventCodec, type EventCodec } from '../../services/platform/registry/codec.ts';
import { registerAll } from '../../services/platform/registry/register-all.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { callerOf } from '../../services/platform/rpc/caller.ts';
import { createRpcServer } from '../../services/platform/rpc/server.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import { testStack } from '../support/stack.ts';
import { runToExit, type ScoringProcess, startScoring } from './scoring-process.ts';
import { MODEL_DIRECTORY, predictionId, type ScoringDatabase, scoringDatabase, vectorOf } from './scoring-support.ts';

const stack = testStack();
const topic = topicOf(Topic.PREDICTIONS_STREAM);
const KEYS = {
  features: createKey('features', [Role.SERVICE]),
  scoring: createKey('scoring', [Role.SERVICE]),
  client: createKey('acme', [Role.CLIENT]),
  operator: createKey('ops', [Role.OPERATOR]),
};
const CLOSED_PORT = '127.0.0.1:1';

let kafka: KafkaConnection;
let codec: EventCodec;
let directory: string;
let features: FakeFeatures;
/** Of the tests that share one process. */
let shared: { readonly db: ScoringDatabase; readonly process: ScoringProcess };

beforeAll(async () => {
  kafka = createKafka({
    brokers: stack.kafka.brokers,
    ...stack.kafka.credentials('admin'),
    clientId: 'scoring-test',
    log: createSilentLogger(),
  });
  await applyTopics(kafka, allTopics());
  await applyAcls(kafka, aclsOf(allTopics()));
  const registry = createRegistry({ url: stack.registry.url, timeoutMs: 30_000 });
  await registerAll(registry, allTopics());
  codec = createEventCodec({ registry });
  features = await serveFeatures();
  directory = await mkdtemp(join(tmpdir(), 'pde-scoring-'));
  await writeFile(join(directory, 'keys.json'), formatKeyFile(Object.values(KEYS).map((key) => key.record)));
});
afterAll(async () => {
  await features.close();
  await kafka.close();
  await rm(directory, { recursive: true });
});

interface FakeFeatures {
  readonly url: string;
  /** End callers of the calls so far. */
  readonly callers: string[];
  close(): Promise<void>;
}

/** A FeatureService that knows the customers C0 to C9. */
async function serveFeatures(): Promise<FakeFeatures> {
  const { scope, ...owned } = createScope({ name: 'features' });
  const callers: string[] = [];
  const keyRing = createKeyRing([KEYS.scoring.record]);
  const { url } = await createRpcServer({
    ...{ scope, keyRing, drainMs: 1_000 },
    services: (router) =>
      void router.service(FeatureService, {
        getFeatures({ customerId, observationTime }, context) {
          callers.push(callerOf(context).endCaller?.id ?? 'nobody');
          if (!/^C\d$/.test(customerId)) throw new ConnectError('customer_id is not known', Code.NotFound);
          return { vector: vectorOf(customerId, 1, observationTime === undefined ? {} : { observationTime }) };
        },
      }),
  });
  const close = async () => {
    owned.stop(new Error('the test is over'));
    await owned.release(2_000);
  };
  return { url, callers, close };
}

function environment(db: ScoringDatabase, change: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { username, password } = stack.kafka.credentials('scoring');
  return {
    PDE_POSTGRES_URL: db.database.url('pde_scoring'),
    PDE_KAFKA_BROKERS: stack.kafka.brokers,
    PDE_KAFKA_USERNAME: username,
    PDE_KAFKA_PASSWORD: password,
    PDE_REGISTRY_URL: stack.registry.url,
    PDE_API_KEYS_FILE: join(directory, 'keys.json'),
    PDE_API_KEY: KEYS.scoring.key,
    PDE_FEATURES_URL: features.url,
    PDE_MODEL_DIR: MODEL_DIRECTORY,
    ...change,
  };
}

function as<T extends typeof ScoringService | typeof OperationsService>(
  service: T,
  url: string,
  key: string,
): Client<T> {
  const transport = createGrpcTransport({
    baseUrl: url,
    defaultTimeoutMs: 10_000,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${key}`);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}
const asFeatures = (url: string) => as(ScoringService, url, KEYS.features.key);
const asClient = (url: string) => as(ScoringService, url, KEYS.client.key);

const rowOf = (customerId: string, seed: number, transactionId = `T${seed}`) => ({
  predictionId: predictionId(customerId, transactionId),
  transactionId,
  vector: vectorOf(customerId, seed),
});

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => ConnectError.from(error).code,
  );

/** Last position of each shard of the outbox. */
async function positions(url: string): Promise<readonly bigint[]> {
  const { outboxes } = await as(OperationsService, url, KEYS.operator.key).getPosition({});
  return outboxes.map(({ lastPosition }) => lastPosition);
}

/** Everything on predictions-stream about these ids, once each of them is there. */
async function published(ids: readonly string[]): Promise<IncomingRecord[]> {
  const found: IncomingRecord[] = [];
  const wanted = new Set(ids);
  const { promise, reject } = Promise.withResolvers<never>();
  const reader = createLogReader({
    ...{ kafka, topic: topic.name, onFatal: reject },
    positions: async () => new Map(),
    async onRecords(_, records) {
      for (const record of records) if (wanted.has((await decoded(record)).predictionId)) found.push(record);
    },
  });
  await Promise.race([
    promise,
    vi.waitFor(() => expect(found.length).toBeGreaterThanOrEqual(ids.length), { timeout: 20_000 }),
  ]);
  await reader.caughtUp();
  await reader.close();
  return found;
}

async function decoded(record: IncomingRecord) {
  const result = await codec.decode(topic, PredictionSchema, record.value!);
  if (result.kind === 'dead') throw new Error(result.detail);
  return result.message;
}

describe('while it runs', () => {
  beforeAll(async () => {
    const db = await scoringDatabase();
    shared = { db, process: await startScoring(environment(db)) };
  });
  afterAll(async () => {
    expect(await shared.process.stop()).toBe(0);
    await shared.db.close();
  });

  describe('ScoreFeatures', () => {
    it('answers what stands, and publishes it with its scheduled time to the partition of its customer', async () => {
      const { url } = shared.process;
      const scheduledSendTime = { seconds: 1_764_000_000n, nanos: 123_456_000 };
      const rows = [{ ...rowOf('C1', 1), scheduledSendTime }, rowOf('C2', 2)];
      const { results } = await asFeatures(url).scoreFeatures({ rows });
      expect(results.map(({ outcome }) => outcome)).toEqual(rows.map(() => ScoreFeaturesResult_Outcome.SCORED));
      const records = await published(rows.map((row) => row.predictionId));
      const events = await Promise.all(records.map(decoded));
      const first = events.findIndex((event) => event.customerId === 'C1');
      expect(records).toHaveLength(2);
      expect(events[first]).toMatchObject({
        origin: Prediction_Origin.TRANSACTION,
        transactionId: 'T1',
        ledgerPosition: 2n,
        features: rows[0]!.vector.values,
        vectorSha256: results[0]!.standingVectorSha256,
        modelName: 'synthetic',
        horizonDays: 45,
      });
      expect(records[first]).toMatchObject({
        partition: partitionOf('C1', topic.partitions),
        headers: { 'pde-scheduled-send-us': '1764000000123456' },
      });
      expect(Buffer.from(records[first]!.key!).toString()).toBe('C1');
      expect(records[1 - first]!.headers).toEqual({});
    });

    it('refuses a row whose id does not follow from its transaction, one of another feature set, and a caller that is no service', async () => {
      const { url } = shared.process;
      const row = rowOf('C6', 6);
      const scoreAs = asFeatures(url);
      const wrongId = scoreAs.scoreFeatures({ rows: [rowOf('C7', 7), { ...row, transactionId: 'T9' }] });
      await expect(wrongId).rejects.toThrow(/rows\[1\]\.prediction_id is not the id/);
      const old = { ...row, vector: vectorOf('C6', 6, { featureSetVersion: '0' }) };
      expect(await codeOf(scoreAs.scoreFeatures({ rows: [old] }))).toBe(Code.FailedPrecondition);
      const short = { ...row, vector: vectorOf('C6', 6, { values: [1, 2, 3] }) };
      await expect(scoreAs.scoreFeatures({ rows: [short] })).rejects.toThrow(/rows\[0\]\.vector\.values are 3/);
      expect(await codeOf(asClient(url).scoreFeatures({ rows: [row] }))).toBe(Code.PermissionDenied);
      const { rows } = await shared.db.admin.query(
        `SELECT 1 FROM scoring.predictions WHERE customer_id IN ('C6', 'C7')`,
      );
      expect(rows).toEqual([]);
    });
  });

  describe('Predict', () => {
    it('scores in the name of the end caller, once a key, and publishes', async () => {
      const { url } = shared.process;
      const request = { customerId: 'C1', idempotencyKey: 'key-00000001' };
      const { prediction } = await asClient(url).predict(request);
      expect(features.callers).toEqual(['acme']);
      expect(prediction).toMatchObject({ customerId: 'C1', horizonDays: 45, featuresTotal: 47, modelVersion: '1' });
      expect(prediction!.summary).toMatch(/like this miss a payment$/);
      expect(prediction!.topReasons.every((reason) => reason.contribution > 0 && reason.text !== '')).toBe(true);
      const all = prediction!.topReasons.reduce(
        (sum, reason) => sum + reason.contribution,
        prediction!.otherContributions,
      );
      expect(prediction!.baseValue + all).toBeCloseTo(prediction!.margin, 4);
      expect((await asClient(url).predict(request)).prediction).toEqual(prediction);
      expect(features.callers).toHaveLength(1);
      const [record] = await published([prediction!.predictionId]);
      expect((await decoded(record!)).origin).toBe(Prediction_Origin.REQUEST);
    });

    it('says NOT_FOUND for an unknown customer, ALREADY_EXISTS for a key used for something else, and no score of the future', async () => {
      const { url } = shared.process;
      const predict = asClient(url);
      const idempotencyKey = 'key-00000002';
      expect(await codeOf(predict.predict({ customerId: 'nobody', idempotencyKey }))).toBe(Code.NotFound);
      await predict.predict({ customerId: 'C1', idempotencyKey });
      expect(await codeOf(predict.predict({ customerId: 'C2', idempotencyKey }))).toBe(Code.AlreadyExists);
      const observationTime = { seconds: 1_700_000_000n, nanos: 0 };
      const otherTime = predict.predict({ customerId: 'C1', idempotencyKey, observationTime });
      expect(await codeOf(otherTime)).toBe(Code.AlreadyExists);
      const toCome = { seconds: 4_000_000_000n, nanos: 0 };
      const future = predict.predict({ customerId: 'C1', idempotencyKey: 'key-00000003', observationTime: toCome });
      await expect(future).rejects.toThrow(/observation_time is still to come/);
    });

    it('answers and records a time that the caller names, and never publishes it', async () => {
      const { url } = shared.process;
      const observationTime = { seconds: 1_600_000_000n, nanos: 0 };
      const before = await positions(url);
      const { prediction } = await asClient(url).predict({
        ...{ customerId: 'C9', idempotencyKey: 'key-00000004', observationTime },
      });
      const stored = await asClient(url).getPrediction({ predictionId: prediction!.predictionId });
      expect(stored.prediction).toEqual(prediction);
      expect(stored.vector).toEqual(vectorOf('C9', 1, { observationTime }));
      expect(stored.contributions).toHaveLength(47);
      expect(await positions(url)).toEqual(before);
      const { customers } = await asClient(url).listHighRiskCustomers({ minRiskLevel: RiskLevel.LOW });
      expect(customers.map(({ customerId }) => customerId)).not.toContain('C9');
    });

    it('answers each of a batch for itself, in order', async () => {
      const { url } = shared.process;
      const customers = ['C1', 'nobody', 'C2'];
      const requests = customers.map((customerId, i) => ({ customerId, idempotencyKey: `batch-00${i}` }));
      const { results } = await asClient(url).batchPredict({ requests });
      expect(results.map(({ customerId }) => customerId)).toEqual(customers);
      expect(results.map(({ result }) => result.case)).toEqual(['prediction', 'error', 'prediction']);
      expect(results[1]!.result.value).toMatchObject({ code: 'not_found' });
    });
  });

  describe('the worklist and the operator', () => {
    it('pages through the latest scores, and counts what is stored', async () => {
      const { url } = shared.process;
      const rows = Array.from({ length: 5 }, (_, i) => rowOf(`W${i}`, i));
      await asFeatures(url).scoreFeatures({ rows });
      const list = asClient(url);
      const minRiskLevel = RiskLevel.LOW;
      const first = await list.listHighRiskCustomers({ minRiskLevel, pageSize: 3 });
      const { nextPageToken: pageToken } = first;
      const rest = await list.listHighRiskCustomers({ minRiskLevel, pageSize: 500, pageToken });
      const listed = [...first.customers, ...rest.customers];
      const ids = listed.map(({ customerId }) => customerId);
      expect(first.customers).toHaveLength(3);
      expect(ids).toEqual(expect.arrayContaining(rows.map((row) => row.vector.customerId)));
      expect(new Set(ids).size).toBe(ids.length);
      const probabilities = listed.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(rest.nextPageToken).toBe('');
      expect(await codeOf(list.listHighRiskCustomers({ pageToken }))).toBe(Code.InvalidArgument);
      const operator = as(OperationsService, url, KEYS.operator.key);
      const counted = await operator.getPosition({});
      const verified = await operator.getPosition({ verify: true });
      const countsOf = ({ stored }: typeof counted) => stored.map(({ kind, count }) => [kind, count]);
      expect(countsOf(verified)).toEqual(countsOf(counted));
      expect(verified.stored.map(({ kind }) => kind)).toEqual(['predictions', 'predictions_acted_on', 'refused']);
    });

    it('names the model in force', async () => {
      const { url } = shared.process;
      const { model } = await asClient(url).getModel({});
      expect(model).toMatchObject({ name: 'synthetic', version: '1', featureSetVersion: '1', horizonDays: 45 });
      expect(model!.inputs).toHaveLength(44);
    });
  });
});

describe('away and killed', () => {
  let db: ScoringDatabase;
  const running: ScoringProcess[] = [];
  beforeEach(async () => {
    db = await scoringDatabase();
  });
  afterEach(async () => {
    for (const process of running.splice(0)) await process.stop();
    await db.close();
  });

  async function start(change: Readonly<Record<string, string>> = {}): Promise<ScoringProcess> {
    const process = await startScoring(environment(db, change));
    running.push(process);
    return process;
  }

  it('stores with Kafka and the registry away, and publishes when they are back', async () => {
    const away = await start({ PDE_KAFKA_BROKERS: CLOSED_PORT, PDE_REGISTRY_URL: `http://${CLOSED_PORT}` });
    const rows = [rowOf('C3', 3)];
    const { results } = await asFeatures(away.url).scoreFeatures({ rows });
    expect(results[0]!.outcome).toBe(ScoreFeaturesResult_Outcome.SCORED);
    const asked = await asClient(away.url).predict({ customerId: 'C4', idempotencyKey: 'away-0001' });
    await away.stop();
    await start();
    expect(await published([rows[0]!.predictionId, asked.prediction!.predictionId])).toHaveLength(2);
  });

  it.each(['scoring-before-commit', 'scoring-after-commit'])(
    'killed at %s and called again: stored once, published once',
    async (point) => {
      const row = rowOf('C5', 5, point);
      const killed = await start({ PDE_CRASH_POINT: point });
      expect(await codeOf(asFeatures(killed.url).scoreFeatures({ rows: [row] }))).not.toBeNull();
      expect((await killed.exited).signal).toBe('SIGKILL');
      const again = await start();
      const { results } = await asFeatures(again.url).scoreFeatures({ rows: [row] });
      expect(results[0]!.outcome).toBe(ScoreFeaturesResult_Outcome.SCORED);
      const records = await published([row.predictionId]);
      expect(records).toHaveLength(1);
      expect((await db.admin.query('SELECT * FROM scoring.predictions')).rows).toHaveLength(1);
    },
  );

  it('is not ready with an altered model, and its last line names the check that failed', async () => {
    const altered = join(directory, 'altered');
    await cp(MODEL_DIRECTORY, altered, { recursive: true });
    await writeFile(join(altered, 'model.onnx'), 'altered');
    const { code, said } = await runToExit(environment(db, { PDE_MODEL_DIR: altered }));
    expect(code).toBe(70);
    expect(said).toMatch(/model refused by the hash check: model\.onnx has the SHA-256/);
    expect(said).not.toContain('"event":"ready"');
  });
});
