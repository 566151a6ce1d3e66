/** The gateway's settings. */
import type { EnvReader } from '../platform/config/env.ts';
import { type PeerSettings, readApiKeysFile, readPeerSettings } from '../platform/config/settings.ts';
import { BACKENDS, type BackendName } from './backends.ts';

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly apiKeysFile: string;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly maxInFlight: number;
  readonly backends: Readonly<Record<BackendName, PeerSettings>>;
}

export function readGatewayConfig(env: EnvReader): GatewayConfig {
  return {
    host: env.string('PDE_RPC_HOST', { about: 'address of the REST port (HTTP/1.1)', default: '127.0.0.1' }),
    port: env.integer('PDE_RPC_PORT', { about: 'REST port; 0 finds a free one', default: 0, min: 0, max: 65535 }),
    apiKeysFile: readApiKeysFile(env),
    deadlineMs: env.durationMs('PDE_GATEWAY_DEADLINE_MS', {
      about: 'longest time for the answer of a service; then 504',
      default: 10_000,
      min: 1,
      max: 60_000,
    }),
    maxBodyBytes: env.bytes('PDE_GATEWAY_MAX_BODY_BYTES', {
      about: 'largest request body; a larger one is 413',
      default: 1_048_576,
      min: 1_024,
      max: 4_194_304,
    }),
    maxInFlight: env.integer('PDE_GATEWAY_MAX_IN_FLIGHT', {
      about: 'requests served at once; more are 429',
      default: 256,
      min: 1,
      max: 100_000,
    }),
    backends: {
      scoring: readPeerSettings(env, BACKENDS.scoring.setting),
      interventions: readPeerSettings(env, BACKENDS.interventions.setting),
      features: readPeerSettings(env, BACKENDS.features.setting),
    },
  };
}
