/**
 * The API keys of a local engine: one for each service and caller, made once. Services read hashes only; the keys themselves
 * are in a file that only its owner can read.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { createKey, formatKeyFile } from '../platform/auth/key-ring.ts';

const HOLDERS = {
  features: [Role.SERVICE],
  scoring: [Role.SERVICE],
  interventions: [Role.SERVICE],
  gateway: [Role.SERVICE],
  client: [Role.CLIENT],
  officer: [Role.OFFICER],
  operator: [Role.OPERATOR],
  auditor: [Role.AUDITOR],
} as const;

export type KeyHolder = keyof typeof HOLDERS;

export interface ApiKeys {
  /** The ring that services load: hashes and roles. */
  readonly ringFile: string;
  /** The key of each holder. */
  readonly keys: Readonly<Record<KeyHolder, string>>;
}

/** Reads the keys of the state directory, or makes them. */
export function ensureApiKeys(stateDir: string): ApiKeys {
  const ringFile = join(stateDir, 'api-key-ring.json');
  const keysFile = join(stateDir, 'api-keys.json');
  if (!existsSync(keysFile) || !existsSync(ringFile)) {
    const made = Object.entries(HOLDERS).map(([id, roles]) => ({ id, ...createKey(id, roles) }));
    const keys = Object.fromEntries(made.map(({ id, key }) => [id, key]));
    writeFileSync(keysFile, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
    writeFileSync(ringFile, formatKeyFile(made.map(({ record }) => record)), { mode: 0o600 });
  }
  return { ringFile, keys: JSON.parse(readFileSync(keysFile, 'utf8')) as Record<KeyHolder, string> };
}
