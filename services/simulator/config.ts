import type { EnvReader } from '../platform/config/env.ts';
import {
  type KafkaSettings,
  readKafkaSettings,
  readProcessSettings,
  readRegistryUrl,
} from '../platform/config/settings.ts';

/** What every command that touches `bank.*` needs. */
export interface BankSettings {
  readonly postgresUrl: string;
}

/** What streaming needs beside. */
export interface StreamSettings extends BankSettings {
  readonly kafka: KafkaSettings;
  readonly registryUrl: string;
  readonly crashPoint: string | null;
  readonly graceMs: number;
  readonly logLevel: ReturnType<typeof readProcessSettings>['logLevel'];
}

export function readBankSettings(env: EnvReader): BankSettings {
  return { postgresUrl: env.secret('PDE_POSTGRES_URL', { about: 'PostgreSQL URL of the role pde_simulator' }) };
}

export function readStreamSettings(env: EnvReader): StreamSettings {
  const { crashPoint, graceMs, logLevel } = readProcessSettings(env);
  return {
    ...readBankSettings(env),
    kafka: readKafkaSettings(env),
    registryUrl: readRegistryUrl(env),
    crashPoint,
    graceMs,
    logLevel,
  };
}
