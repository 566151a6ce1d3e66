/** Environment -> one frozen value. `node services/features/main.ts --help` prints it; the README has the same table. */
import type { EnvReader } from '../platform/config/env.ts';
import {
  type KafkaSettings,
  type PeerSettings,
  type PostgresSettings,
  type RpcServerSettings,
  readKafkaSettings,
  readPeerSettings,
  readPostgresSettings,
  readRegistryUrl,
  readRpcServerSettings,
} from '../platform/config/settings.ts';

export interface FeaturesConfig {
  readonly rpc: RpcServerSettings;
  readonly postgres: PostgresSettings;
  readonly kafka: KafkaSettings;
  readonly registryUrl: string;
  readonly scoring: PeerSettings;
  readonly scoreDeadlineMs: number;
  readonly batchMaxRecords: number;
  readonly queueMaxRecords: number;
  readonly fetchMaxWaitMs: number;
  readonly sessionTimeoutMs: number;
  readonly cacheMaxBytes: number;
  readonly cacheMaxProfiles: number;
  readonly snapshotEveryRows: number;
  /** 0: the ledger keeps everything. */
  readonly retentionDays: number;
}

export function readFeaturesConfig(env: EnvReader): FeaturesConfig {
  return {
    rpc: readRpcServerSettings(env),
    postgres: readPostgresSettings(env),
    kafka: readKafkaSettings(env),
    registryUrl: readRegistryUrl(env),
    scoring: readPeerSettings(env, 'PDE_SCORING_URL'),
    scoreDeadlineMs: env.durationMs('PDE_FEATURES_SCORE_DEADLINE_MS', {
      about: "longest wait for scoring's answer to one batch, tries included; the batch is then tried again later",
      default: 8_000,
      min: 100,
      max: 9_000,
    }),
    ...readStream(env),
    ...readMemory(env),
  };
}

function readStream(env: EnvReader) {
  return {
    batchMaxRecords: env.integer('PDE_FEATURES_BATCH_MAX', {
      about: 'records in one batch at most; 1 gives the same bits as 1000',
      default: 1_000,
      min: 1,
      max: 5_000,
    }),
    queueMaxRecords: env.integer('PDE_FEATURES_QUEUE_MAX', {
      about: 'records of one partition waiting in memory at most; more pauses its fetching',
      default: 4_000,
      min: 1,
      max: 100_000,
    }),
    fetchMaxWaitMs: env.durationMs('PDE_FEATURES_FETCH_WAIT_MS', {
      about: 'longest wait of a fetch on an idle log; a record that arrives ends it at once',
      default: 50,
      min: 1,
      max: 5_000,
    }),
    sessionTimeoutMs: env.durationMs('PDE_FEATURES_SESSION_TIMEOUT_MS', {
      about: 'silence after which the broker gives the partitions of an instance to others',
      default: 10_000,
      min: 6_000,
      max: 300_000,
    }),
    retentionDays: env.integer('PDE_FEATURES_RETENTION_DAYS', {
      about: "days before a customer's latest time that the ledger keeps (25 months are 761); 0 keeps everything",
      default: 0,
      min: 0,
      max: 36_500,
    }),
  };
}

function readMemory(env: EnvReader) {
  return {
    cacheMaxBytes: env.bytes('PDE_FEATURES_CACHE_BYTES', {
      about: 'memory for windows of customers; the least recently used go first',
      default: 268_435_456,
      min: 1_048_576,
      max: 68_719_476_736,
    }),
    cacheMaxProfiles: env.integer('PDE_FEATURES_CACHE_PROFILES', {
      about: 'customers whose profile versions are kept in memory',
      default: 50_000,
      min: 1,
      max: 10_000_000,
    }),
    snapshotEveryRows: env.integer('PDE_FEATURES_SNAPSHOT_ROWS', {
      about: "ledger rows of a customer after which a window's snapshot is stored anew, to shorten the next read",
      default: 200,
      min: 1,
      max: 1_000_000,
    }),
  };
}
