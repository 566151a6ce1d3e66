/** Environment -> one frozen value. `node services/interventions/main.ts --help` prints it; the README has the same table. */
import type { EnvReader } from '../platform/config/env.ts';
import {
  type KafkaSettings,
  type PostgresSettings,
  type RpcServerSettings,
  readKafkaSettings,
  readPostgresSettings,
  readRegistryUrl,
  readRpcServerSettings,
} from '../platform/config/settings.ts';

export interface InterventionsConfig {
  readonly rpc: RpcServerSettings;
  readonly postgres: PostgresSettings;
  readonly kafka: KafkaSettings;
  readonly registryUrl: string;
  /** Null: the default policy. */
  readonly policyFile: string | null;
  readonly batchMaxRecords: number;
  readonly queueMaxRecords: number;
  readonly fetchMaxWaitMs: number;
  readonly sessionTimeoutMs: number;
  readonly lowReportMs: number;
}

export function readInterventionsConfig(env: EnvReader): InterventionsConfig {
  return {
    rpc: readRpcServerSettings(env),
    postgres: readPostgresSettings(env),
    kafka: readKafkaSettings(env),
    registryUrl: readRegistryUrl(env),
    policyFile: env.optional('PDE_CONTACT_POLICY_FILE', {
      about: 'JSON file of the contact policy; one that cannot be read lets nobody be contacted',
    }),
    batchMaxRecords: env.integer('PDE_INTERVENTIONS_BATCH_MAX', {
      about: 'records in one batch at most; 1 gives the same decisions as 1000',
      default: 1_000,
      min: 1,
      max: 5_000,
    }),
    queueMaxRecords: env.integer('PDE_INTERVENTIONS_QUEUE_MAX', {
      about: 'records of one partition waiting in memory at most; more pauses its fetching',
      default: 4_000,
      min: 1,
      max: 100_000,
    }),
    fetchMaxWaitMs: env.durationMs('PDE_INTERVENTIONS_FETCH_WAIT_MS', {
      about: 'longest wait of a fetch on an idle log; a record that arrives ends it at once',
      default: 50,
      min: 1,
      max: 5_000,
    }),
    sessionTimeoutMs: env.durationMs('PDE_INTERVENTIONS_SESSION_TIMEOUT_MS', {
      about: 'silence of an instance after which its partitions go to others',
      default: 10_000,
      min: 6_000,
      max: 300_000,
    }),
    lowReportMs: env.durationMs('PDE_INTERVENTIONS_LOW_REPORT_MS', {
      about: 'time between two counts of LOW decisions to the dashboard',
      default: 1_000,
      min: 10,
      max: 60_000,
    }),
  };
}
