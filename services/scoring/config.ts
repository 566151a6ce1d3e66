/** Settings of the scoring service, from the environment, with units; every problem is reported at once. */
import type { EnvReader } from '../platform/config/env.ts';
import {
  readKafkaSettings,
  readPeerSettings,
  readPostgresSettings,
  readRegistryUrl,
  readRpcServerSettings,
} from '../platform/config/settings.ts';

/** The model that scores where none is named, relative to the repository. */
export const DEFAULT_MODEL_DIR = 'models/synthetic/1';

export type ScoringConfig = ReturnType<typeof readScoringConfig>;

export function readScoringConfig(env: EnvReader) {
  return {
    modelDirectory: env.string('PDE_MODEL_DIR', {
      about: 'folder of the model that scores: manifest, ONNX, trees, calibration, policy, golden vectors',
      default: DEFAULT_MODEL_DIR,
    }),
    features: {
      ...readPeerSettings(env, 'PDE_FEATURES_URL'),
      deadlineMs: env.durationMs('PDE_FEATURES_DEADLINE_MS', {
        about: 'longest wait for a vector of the feature service',
        default: 5_000,
        min: 10,
        max: 60_000,
      }),
    },
    postgres: readPostgresSettings(env),
    kafka: readKafkaSettings(env),
    registryUrl: readRegistryUrl(env),
    rpc: readRpcServerSettings(env),
  };
}
