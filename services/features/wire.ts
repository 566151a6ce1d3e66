/** The service put together: what is made in which order, and so released in reverse. */
import { createClient } from '@connectrpc/connect';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { windowBytes } from '../domain/features/snapshot.ts';
import { DEFAULT_TRIGGER_POLICY } from '../domain/triggers/policy.ts';
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { createDeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { createOperationsService } from '../platform/dead-letters/operations-service.ts';
import { createConsumer } from '../platform/kafka/consumer.ts';
import { createKafka, type KafkaConnection } from '../platform/kafka/kafka.ts';
import type { EventProducer } from '../platform/kafka/port.ts';
import { createProducer } from '../platform/kafka/producer.ts';
import { watchLag } from '../platform/kafka/watch-lag.ts';
import { createBreaker } from '../platform/lifecycle/retry.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { createPool, type Pool } from '../platform/postgres/pool.ts';
import { createPositionStore } from '../platform/postgres/positions.ts';
import { watchPostgres } from '../platform/postgres/watch.ts';
import { createEventCodec, type EventCodec } from '../platform/registry/codec.ts';
import { createRegistry } from '../platform/registry/registry.ts';
import { isTransientRpcError } from '../platform/rpc/errors.ts';
import { createHotTransport } from '../platform/rpc/hot-transport.ts';
import { createRpcServer } from '../platform/rpc/server.ts';
import { topicOf } from '../platform/topics/topics.ts';
import type { FeaturesConfig } from './config.ts';
import { createTransactionHandlers } from './consumer.ts';
import { createCustomerCache } from './customer-cache.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createLedgerMonths } from './ledger-months.ts';
import { createFeaturesMetrics } from './metrics.ts';
import { SCHEMA, SERVICE, TRANSACTIONS_GROUP } from './names.ts';
import { createProfileCache } from './profile-cache.ts';
import { createProfileReader } from './profiles.ts';
import { createFeaturesRpc } from './rpc.ts';
import { createScorer, type Scorer } from './score.ts';
import { createSnapshotWriter } from './snapshot-writer.ts';
import { countLedger, countTables } from './store/count-stored.ts';

const DAY_MS = 86_400_000;

/** What everything else stands on. */
interface Connections {
  readonly pool: Pool;
  readonly kafka: KafkaConnection;
  readonly producer: EventProducer;
  readonly codec: EventCodec;
  readonly retentionMs: number | null;
}

/** Connects, serves and consumes, until the scope releases it. */
export async function wireFeatures(scope: ServiceScope, config: FeaturesConfig): Promise<void> {
  const connections = await connect(scope, config);
  await serve(scope, config, connections);
  await consume(scope, config, connections, await keep(scope, config, connections));
}

async function connect(scope: ServiceScope, config: FeaturesConfig): Promise<Connections> {
  const pool = await scope.acquire(
    'postgres',
    () => openPool(scope, config),
    (made) => made.close(),
  );
  await watchPostgres(scope, pool);
  const kafka = await scope.acquire(
    'kafka',
    () => openKafka(scope, config),
    (made) => made.close(),
  );
  const producer = await scope.acquire(
    'producer',
    () => createProducer(kafka),
    (made) => made.close(),
  );
  const codec = createEventCodec({ registry: createRegistry({ url: config.registryUrl }) });
  const retentionMs = config.retentionDays === 0 ? null : config.retentionDays * DAY_MS;
  return { pool, kafka, producer, codec, retentionMs };
}

/** What a batch works with beside its connections: caches, profiles, and what is written beside the stream. */
async function keep(scope: ServiceScope, config: FeaturesConfig, { pool, kafka, producer, codec }: Connections) {
  const cache = createCustomerCache(config.cacheMaxBytes, (state) => windowBytes(state.window));
  const metrics = createFeaturesMetrics(scope.metrics, cache);
  const profiles = createProfileCache(pool, config.cacheMaxProfiles);
  const snapshots = await scope.acquire(
    'snapshots',
    () => createSnapshotWriter(pool, config.snapshotEveryRows, scope.log),
    (made) => made.idle(),
  );
  const deadLetters = await scope.acquire(
    'dead letters',
    () => createDeadLetterRelay({ scope, service: SERVICE, pool, schema: SCHEMA, producer, codec }),
    (made) => made.close(),
  );
  const reader = await scope.acquire(
    'profiles',
    () => createProfileReader(kafka, { pool, codec, cache: profiles, deadLetters, metrics }, scope.fatal),
    (made) => made.close(),
  );
  scope.readiness('dead letters', deadLetters.health);
  scope.liveness('profiles', reader.health);
  return { cache, metrics, profiles, snapshots, deadLetters, reader };
}

async function consume(
  scope: ServiceScope,
  config: FeaturesConfig,
  { pool, kafka, codec, retentionMs }: Connections,
  { reader, ...kept }: Awaited<ReturnType<typeof keep>>,
): Promise<void> {
  const months = createLedgerMonths(pool);
  await startHousekeeping(scope, config, months);
  const handlers = createTransactionHandlers({
    ...kept,
    pool,
    codec,
    retentionMs,
    profilesCaughtUp: (signal) => reader.caughtUp(signal),
    scorer: await connectScorer(scope, config),
    policy: DEFAULT_TRIGGER_POLICY,
    months,
    group: TRANSACTIONS_GROUP,
  });
  const options = {
    kafka,
    groupId: TRANSACTIONS_GROUP,
    topic: topicOf(Topic.TRANSACTIONS_STREAM).name,
    positions: createPositionStore(pool, SCHEMA, TRANSACTIONS_GROUP),
    handlers,
    maxBatchRecords: config.batchMaxRecords,
    queueRecords: config.queueMaxRecords,
    maxWaitMs: config.fetchMaxWaitMs,
    sessionTimeoutMs: config.sessionTimeoutMs,
    onFatal: scope.fatal,
  };
  const consumer = await scope.acquire(
    'consumer',
    () => createConsumer(options),
    (made) => made.close(),
  );
  scope.liveness('consumer', consumer.health);
  await watchLag(scope, consumer);
}

function openPool(scope: ServiceScope, { postgres }: FeaturesConfig): Pool {
  return createPool({
    url: postgres.url,
    applicationName: SERVICE,
    max: postgres.poolMax,
    statementTimeoutMs: postgres.statementTimeoutMs,
    onIdleError: (cause) => scope.log.warn({ event: 'postgres-connection-lost', cause }),
  });
}

function openKafka(scope: ServiceScope, { kafka }: FeaturesConfig) {
  return createKafka({ ...kafka, brokers: kafka.brokers.join(','), clientId: SERVICE, log: scope.log });
}

async function connectScorer(scope: ServiceScope, config: FeaturesConfig): Promise<Scorer> {
  const { scoreDeadlineMs } = config;
  const transport = await createHotTransport({ ...config.scoring, deadlineMs: scoreDeadlineMs, scope });
  const client = createClient(ScoringService, transport);
  const breaker = createBreaker({
    failures: 5,
    halfOpenAfterMs: 1_000,
    isTransient: isTransientRpcError,
    onState: (state) => scope.log.warn({ event: 'scoring-breaker', state }),
  });
  return createScorer({
    call: (request, signal) => client.scoreFeatures(request, { signal }),
    breaker,
    deadlineMs: scoreDeadlineMs,
  });
}

async function serve(scope: ServiceScope, { rpc }: FeaturesConfig, { pool, producer, retentionMs }: Connections) {
  const keyRing = await loadKeyRing(rpc.apiKeysFile);
  await createRpcServer({
    ...rpc,
    scope,
    keyRing,
    services(router) {
      router.service(FeatureService, createFeaturesRpc({ pool, now: Date.now, retentionMs }));
      router.service(
        OperationsService,
        createOperationsService({
          service: SERVICE,
          pool,
          schema: SCHEMA,
          producer,
          stored: (verify) => (verify ? countTables(pool) : countLedger(pool)),
          outboxTopics: {},
        }),
      );
    },
  });
}
