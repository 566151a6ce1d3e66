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
export const DEFAULT_MODEL_DIR = 'models/synthetic/5';

/** Where models lie, relative to the repository. */
const DEFAULT_MODELS_DIR = 'models';

export type ScoringConfig = ReturnType<typeof readScoringConfig>;

export function readScoringConfig(env: EnvReader) {
  return {
    modelDirectory: env.string('PDE_MODEL_DIR', {
      about: 'folder of the model that scores where none was put in force yet',
      default: DEFAULT_MODEL_DIR,
    }),
    modelsDirectory: env.string('PDE_MODELS_DIR', {
      about: 'folder of the models that may be put in force, <name>/<version>/ each',
      default: DEFAULT_MODELS_DIR,
    }),
    modelPollMs: env.durationMs('PDE_MODEL_POLL_MS', {
      about: 'time between two looks at which model is to be in force',
      default: 1_000,
      min: 100,
      max: 60_000,
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
