/**
 * Settings that several services share, each read in one place: name, meaning, unit, default and bounds never drift apart.
 * A service's config.ts composes what it needs of them with its own.
 */
import type { EnvReader } from './env.ts';

/** What runService itself needs. */
export interface ProcessSettings {
  readonly opsHost: string;
  readonly opsPort: number;
  readonly logLevel: LogLevel;
  readonly graceMs: number;
  readonly crashPoint: string | null;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export function readProcessSettings(env: EnvReader): ProcessSettings {
  return {
    opsHost: env.string('PDE_OPS_HOST', { about: 'address of /livez, /readyz and /metrics', default: '127.0.0.1' }),
    opsPort: env.integer('PDE_OPS_PORT', {
      about: 'port of the same; 0 finds a free one',
      default: 0,
      min: 0,
      max: 65535,
    }),
    logLevel: env.oneOf('PDE_LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], {
      about: 'least severe log line that is written',
      default: 'info',
    }),
    graceMs: env.durationMs('PDE_GRACE_MS', {
      about: 'time for finishing what is in flight after SIGTERM',
      default: 10_000,
      min: 100,
      max: 600_000,
    }),
    crashPoint: env.optional('PDE_CRASH_POINT', {
      about:
        'tests only: "name" or "name@n" kills the process at the n-th passing of that point, "name@n:stop" stops it',
      pattern: /^[a-z][a-z0-9-]*(@[1-9]\d*(:stop)?)?$/,
    }),
  };
}

/** What a server of RPCs needs. */
export interface RpcServerSettings {
  readonly host: string;
  readonly port: number;
  readonly apiKeysFile: string;
  readonly maxMessageBytes: number;
  readonly defaultDeadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly maxInFlight: number;
}

export function readRpcServerSettings(env: EnvReader): RpcServerSettings {
  return {
    host: env.string('PDE_RPC_HOST', { about: 'address of the RPC port', default: '127.0.0.1' }),
    port: env.integer('PDE_RPC_PORT', { about: 'RPC port (h2c); 0 finds a free one', default: 0, min: 0, max: 65535 }),
    apiKeysFile: readApiKeysFile(env),
    maxMessageBytes: env.bytes('PDE_RPC_MAX_MESSAGE_BYTES', {
      about: 'largest request and largest answer',
      default: 4_194_304,
      min: 1_024,
      max: 67_108_864,
    }),
    defaultDeadlineMs: env.durationMs('PDE_RPC_DEFAULT_DEADLINE_MS', {
      about: 'deadline of a call whose caller gave none',
      default: 10_000,
      min: 1,
      max: 600_000,
    }),
    maxDeadlineMs: env.durationMs('PDE_RPC_MAX_DEADLINE_MS', {
      about: 'longest deadline; a later one is cut to it',
      default: 60_000,
      min: 1,
      max: 600_000,
    }),
    maxInFlight: env.integer('PDE_RPC_MAX_IN_FLIGHT', {
      about: 'calls served at once; more are answered RESOURCE_EXHAUSTED',
      default: 256,
      min: 1,
      max: 100_000,
    }),
  };
}

/** File with the keys that are let in (see platform/auth). */
export function readApiKeysFile(env: EnvReader): string {
  return env.string('PDE_API_KEYS_FILE', {
    about: 'JSON file of the API keys that are let in, hashed, with their roles',
  });
}

/** What a client of another service needs. */
export interface PeerSettings {
  readonly url: string;
  readonly apiKey: string;
}

/** The peer whose URL is in `name`, for instance PDE_SCORING_URL, called with this service's own key. */
export function readPeerSettings(env: EnvReader, name: string): PeerSettings {
  return {
    url: env.url(name, { about: 'where that service answers RPCs' }),
    apiKey: env.secret('PDE_API_KEY', { about: 'own API key for calls to other services' }),
  };
}

export interface PostgresSettings {
  readonly url: string;
  readonly poolMax: number;
  readonly statementTimeoutMs: number;
}

export function readPostgresSettings(env: EnvReader): PostgresSettings {
  return {
    url: env.secret('PDE_POSTGRES_URL', { about: 'PostgreSQL URL with the run-time role and its password' }),
    poolMax: env.integer('PDE_POSTGRES_POOL_MAX', { about: 'connections at most', default: 10, min: 2, max: 200 }),
    statementTimeoutMs: env.durationMs('PDE_POSTGRES_STATEMENT_TIMEOUT_MS', {
      about: 'longest time of one statement',
      default: 15_000,
      min: 100,
      max: 600_000,
    }),
  };
}

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly username: string;
  readonly password: string;
}

export function readKafkaSettings(env: EnvReader): KafkaSettings {
  return {
    brokers: env.list('PDE_KAFKA_BROKERS', { about: 'host:port of the brokers' }),
    username: env.string('PDE_KAFKA_USERNAME', { about: 'SCRAM user' }),
    password: env.secret('PDE_KAFKA_PASSWORD', { about: 'SCRAM password' }),
  };
}

/** URL of the Schema Registry. */
export function readRegistryUrl(env: EnvReader): string {
  return env.url('PDE_REGISTRY_URL', { about: 'Schema Registry, Confluent-compatible API' });
}
