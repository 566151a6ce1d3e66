/** What scoring has around it: keys, a FeatureService, Kafka and the registry as the stack runs them, and its callers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { expect, vi } from 'vitest';
import { type Prediction, PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createKey, createKeyRing, formatKeyFile } from '../../services/platform/auth/key-ring.ts';
import { applyAcls, applyTopics } from '../../services/platform/kafka/admin.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
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
import { MODEL_DIRECTORY, type ScoringDatabase, vectorOf } from './scoring-support.ts';

export const topic = topicOf(Topic.PREDICTIONS_STREAM);
const KEYS = {
  features: createKey('features', [Role.SERVICE]),
  scoring: createKey('scoring', [Role.SERVICE]),
  client: createKey('acme', [Role.CLIENT]),
  operator: createKey('ops', [Role.OPERATOR]),
  officer: createKey('branch', [Role.OFFICER]),
  auditor: createKey('audit', [Role.AUDITOR]),
};

export interface ScoringPeers {
  /** A folder of this test's own. */
  readonly directory: string;
  /** End callers of the calls to FeatureService so far. */
  readonly callers: readonly string[];
  /** The environment of a scoring process over this database. */
  environment(db: ScoringDatabase, change?: Readonly<Record<string, string>>): Record<string, string>;
  /** Everything on predictions-stream about these ids, once each of them is there. */
  published(ids: readonly string[]): Promise<readonly IncomingRecord[]>;
  decoded(record: IncomingRecord): Promise<Prediction>;
  close(): Promise<void>;
}

/** Brings topics, ACLs and subjects to the contract, and serves a FeatureService that knows the customers C0 to C9. */
export async function createScoringPeers(): Promise<ScoringPeers> {
  const {
    kafka: cluster,
    registry: { url: registryUrl },
  } = testStack();
  const log = createSilentLogger();
  const kafka = createKafka({
    ...cluster.credentials('admin'),
    brokers: cluster.brokers,
    clientId: 'scoring-test',
    log,
  });
  await applyTopics(kafka, allTopics());
  await applyAcls(kafka, aclsOf(allTopics()));
  const registry = createRegistry({ url: registryUrl, timeoutMs: 30_000 });
  await registerAll(registry, allTopics());
  const codec = createEventCodec({ registry });
  const features = await serveFeatures();
  const directory = await mkdtemp(join(tmpdir(), 'pde-scoring-'));
  const keysFile = join(directory, 'keys.json');
  await writeFile(keysFile, formatKeyFile(Object.values(KEYS).map((key) => key.record)));
  const { username, password } = cluster.credentials('scoring');
  return {
    directory,
    callers: features.callers,
    environment: (db, change = {}) => ({
      PDE_POSTGRES_URL: db.database.url('pde_scoring'),
      PDE_KAFKA_BROKERS: cluster.brokers,
      PDE_KAFKA_USERNAME: username,
      PDE_KAFKA_PASSWORD: password,
      PDE_REGISTRY_URL: registryUrl,
      PDE_API_KEYS_FILE: keysFile,
      PDE_API_KEY: KEYS.scoring.key,
      PDE_FEATURES_URL: features.url,
      PDE_MODEL_DIR: MODEL_DIRECTORY,
      ...change,
    }),
    published: (ids) => readPublished(kafka, codec, ids),
    decoded: (record) => decode(codec, record),
    async close() {
      await features.close();
      await kafka.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Scoring as the feature service, as an outside client and as an operator calls it. */
export const asFeatures = (url: string) => as(ScoringService, url, KEYS.features.key);
export const asClient = (url: string) => as(ScoringService, url, KEYS.client.key);
/** Scoring as the operator, as an officer and as an auditor call it. */
export const asModelOperator = (url: string) => as(ScoringService, url, KEYS.operator.key);
export const asOfficer = (url: string) => as(ScoringService, url, KEYS.officer.key);
export const asAuditor = (url: string) => as(ScoringService, url, KEYS.auditor.key);
export const asOperator = (url: string) => as(OperationsService, url, KEYS.operator.key);

/** The code of a call's error; null where there is none. */
export function codeOf(call: Promise<unknown>): Promise<Code | null> {
  return call.then(
    () => null,
    (error: unknown) => ConnectError.from(error).code,
  );
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

async function serveFeatures() {
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

async function readPublished(
  kafka: KafkaConnection,
  codec: EventCodec,
  ids: readonly string[],
): Promise<readonly IncomingRecord[]> {
  const found: IncomingRecord[] = [];
  const wanted = new Set(ids);
  const { promise, reject } = Promise.withResolvers<never>();
  const reader = createLogReader({
    ...{ kafka, topic: topic.name, onFatal: reject },
    positions: async () => new Map(),
    async onRecords(_, records) {
      for (const record of records) {
        // Other test files put garbage on the topic that all share.
        const result = await codec.decode(topic, PredictionSchema, record.value ?? new Uint8Array());
        if (result.kind === 'ok' && wanted.has(result.message.predictionId)) found.push(record);
      }
    },
  });
  await Promise.race([
    promise,
    vi.waitFor(() => expect(found.length).toBeGreaterThanOrEqual(ids.length), { timeout: 60_000 }),
  ]);
  await reader.caughtUp();
  await reader.close();
  return found;
}

async function decode(codec: EventCodec, record: IncomingRecord): Promise<Prediction> {
  const result = await codec.decode(topic, PredictionSchema, record.value!);
  if (result.kind === 'dead') throw new Error(result.detail);
  return result.message;
}
