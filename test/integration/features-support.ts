/**
 * The features service in this process, on a database of its own and the real broker and registry, with a scoring service
 * written by hand. Topics are shared by all test files, so the service is told to begin where the log ends now.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { expect, vi } from 'vitest';
import { type CustomerProfile, CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { TransactionSchema } from '../../gen/pde/events/v1/transaction_pb.ts';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import {
  type ScoreFeaturesRequest,
  ScoreFeaturesResult_Outcome,
  type ScoreFeaturesRow,
  ScoringService,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { readFeaturesConfig } from '../../services/features/config.ts';
import { vectorSha256 } from '../../services/features/content-digest.ts';
import { TRANSACTIONS_GROUP } from '../../services/features/names.ts';
import { wireFeatures } from '../../services/features/wire.ts';
import { createKey, createKeyRing, formatKeyFile } from '../../services/platform/auth/key-ring.ts';
import { readConfig } from '../../services/platform/config/env.ts';
import { applyAcls, applyTopics, endOffsets } from '../../services/platform/kafka/admin.ts';
import { createKafka } from '../../services/platform/kafka/kafka.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import type { OutgoingRecord } from '../../services/platform/kafka/port.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createScope, type OwnedScope } from '../../services/platform/lifecycle/scope.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { registerAll } from '../../services/platform/registry/register-all.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createRpcTransport } from '../../services/platform/rpc/client.ts';
import { createRpcServer } from '../../services/platform/rpc/server.ts';
import { createLogger, createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import { createTestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

export const TRANSACTIONS = topicOf(Topic.TRANSACTIONS_STREAM);
export const CUSTOMER_UPDATES = topicOf(Topic.CUSTOMER_UPDATES);
const MIGRATIONS = new URL('../../services/features/store/migrations', import.meta.url).pathname;

export type TransactionInit = MessageInitShape<typeof TransactionSchema> & { readonly customerId: string };

/** What scoring was asked, by prediction id; the first vector under an id stands. */
export interface ScoringPeer {
  readonly standing: Map<string, ScoreFeaturesRow>;
  calls: number;
  /** Throws in the peer where set: scoring is away. */
  fault: Error | null;
}

export interface RunningFeatures {
  readonly features: Client<typeof FeatureService>;
  readonly operations: Client<typeof OperationsService>;
  readonly scope: OwnedScope;
  stop(): Promise<void>;
}

export type Harness = Awaited<ReturnType<typeof createHarness>>;

const log = process.env.PDE_TEST_LOG === undefined ? createSilentLogger() : createLogger('test', 'info');

export async function createHarness() {
  const stack = testStack();
  const database = await createTestDatabase(stack.postgres);
  await migrate({ ownerUrl: database.url('pde_features_owner'), schema: 'features', directory: MIGRATIONS });
  const kafka = createKafka({
    brokers: stack.kafka.brokers,
    ...stack.kafka.credentials('admin'),
    clientId: 'features-test',
    log,
  });
  await applyTopics(kafka, allTopics());
  await applyAcls(kafka, aclsOf(allTopics()));
  // A registry that has just started, on a busy machine, may need a while for its first schema.
  const registry = createRegistry({ url: stack.registry.url, timeoutMs: 30_000 });
  await registerAll(registry, allTopics());
  const codec = createEventCodec({ registry });
  const producer = createProducer(kafka);
  const pool = createPool({ url: database.url('pde_features_owner'), max: 3 });
  const peer = await startScoring();
  const directory = await mkdtemp(join(tmpdir(), 'pde-features-'));
  const caller = createKey('tester', [Role.OPERATOR, Role.AUDITOR]);
  const keysFile = join(directory, 'keys.json');
  await writeFile(keysFile, formatKeyFile([caller.record]));
  await beginAtEnd(pool, kafka);

  /** The environment of an instance. */
  const environment = {
    PDE_POSTGRES_URL: database.url('pde_features'),
    PDE_REGISTRY_URL: stack.registry.url,
    PDE_KAFKA_BROKERS: stack.kafka.brokers,
    PDE_KAFKA_USERNAME: 'features',
    PDE_KAFKA_PASSWORD: stack.kafka.credentials('features').password,
    PDE_SCORING_URL: peer.url,
    PDE_API_KEY: peer.key,
    PDE_API_KEYS_FILE: keysFile,
  };

  const send = async (records: readonly OutgoingRecord[]): Promise<void> => void (await producer.send(records));

  return {
    pool,
    peer: peer.peer,
    codec,
    /** Sends records as they are. */
    send,
    /** Sends valid or invalid transactions, in order. */
    async transactions(inits: readonly TransactionInit[]): Promise<void> {
      await send(await Promise.all(inits.map((init) => transactionRecord(codec, init))));
    },
    async profiles(inits: readonly MessageInitShape<typeof CustomerProfileSchema>[]): Promise<void> {
      const messages = inits.map((init) => create(CustomerProfileSchema, init));
      await send(await Promise.all(messages.map((message) => profileRecord(codec, message))));
    },
    environment,
    /** Starts an instance; several may run at once. */
    start: (settings: Readonly<Record<string, string>> = {}) => startFeatures({ ...environment, ...settings }, caller),
    /** Resolves when everything that the log holds is processed. */
    async drained(timeoutMs = 40_000): Promise<void> {
      const ends = await endOffsets(kafka, TRANSACTIONS.name);
      await vi.waitFor(async () => expect(await positionsOf(pool)).toEqual(ends), { timeout: timeoutMs, interval: 20 });
    },
    async close(): Promise<void> {
      await producer.close();
      await kafka.close();
      await pool.close();
      await peer.stop();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startFeatures(
  env: Readonly<Record<string, string>>,
  caller: { readonly key: string },
): Promise<RunningFeatures> {
  const scope = createScope({ name: 'features', log, onFatal: (cause) => expect.unreachable(String(cause)) });
  await wireFeatures(scope.scope, readConfig(env, readFeaturesConfig));
  const url = `http://127.0.0.1:${scope.facts.rpcPort}`;
  const transport = await createRpcTransport({ url, apiKey: caller.key, deadlineMs: 10_000, scope: scope.scope });
  return {
    features: createClient(FeatureService, transport),
    operations: createClient(OperationsService, transport),
    scope,
    async stop() {
      scope.stop(new Error('the test is over'));
      await scope.release(10_000);
    },
  };
}

async function startScoring() {
  const { key, record } = createKey('features', [Role.SERVICE]);
  const owned = createScope({ name: 'scoring-peer', log });
  const peer: ScoringPeer = { standing: new Map(), calls: 0, fault: null };
  const { url } = await createRpcServer({
    scope: owned.scope,
    keyRing: createKeyRing([record]),
    services: (router) => router.service(ScoringService, { scoreFeatures: (request) => score(peer, request) }),
  });
  const stop = async (): Promise<void> => {
    owned.stop(new Error('the test is over'));
    await owned.release(5_000);
  };
  return { peer, key, url, stop };
}

function score(peer: ScoringPeer, request: ScoreFeaturesRequest) {
  peer.calls += 1;
  if (peer.fault !== null) throw peer.fault;
  const results = request.rows.map((row) => {
    const standing = peer.standing.get(row.predictionId) ?? row;
    peer.standing.set(row.predictionId, standing);
    return {
      predictionId: row.predictionId,
      outcome: ScoreFeaturesResult_Outcome.SCORED,
      standingVectorSha256: vectorSha256(Float64Array.from(standing.vector?.values ?? [])),
    };
  });
  return { results };
}

/** As if everything before now had been processed, by an owner that is gone. */
async function beginAtEnd(pool: Pool, kafka: ReturnType<typeof createKafka>): Promise<void> {
  for (const [partition, end] of await endOffsets(kafka, TRANSACTIONS.name)) {
    await pool.query(
      `INSERT INTO features.consumer_positions (consumer_group, topic, partition, epoch, first_offset, next_offset)
       VALUES ($1, $2, $3, 0, $4, $4)`,
      [TRANSACTIONS_GROUP, TRANSACTIONS.name, partition, end],
    );
  }
  for (const [partition, end] of await endOffsets(kafka, CUSTOMER_UPDATES.name)) {
    await pool.query('INSERT INTO features.profile_positions (topic, partition, next_offset) VALUES ($1, $2, $3)', [
      CUSTOMER_UPDATES.name,
      partition,
      end,
    ]);
  }
}

async function positionsOf(pool: Pool): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await pool.query<{ partition: number; next_offset: bigint }>(
    'SELECT partition, next_offset FROM features.consumer_positions ORDER BY partition',
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

type Codec = ReturnType<typeof createEventCodec>;

export async function transactionRecord(codec: Codec, init: TransactionInit): Promise<OutgoingRecord> {
  return {
    topic: TRANSACTIONS.name,
    partition: partitionOf(init.customerId, TRANSACTIONS.partitions),
    key: Buffer.from(init.customerId),
    value: await codec.encode(TRANSACTIONS, TransactionSchema, create(TransactionSchema, init)),
  };
}

async function profileRecord(codec: Codec, message: CustomerProfile): Promise<OutgoingRecord> {
  return {
    topic: CUSTOMER_UPDATES.name,
    partition: partitionOf(message.customerId, CUSTOMER_UPDATES.partitions),
    key: Buffer.from(message.customerId),
    value: await codec.encode(CUSTOMER_UPDATES, CustomerProfileSchema, message),
  };
}
