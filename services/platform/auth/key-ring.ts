/**
 * API keys. The file holds hashes only: `{"keys": [{"id": "acme", "sha256": "<hex of the key>", "roles": ["CLIENT"]}]}`.
 * A key is 32 random bytes, so a plain SHA-256 cannot be reversed by guessing. Nobody is let in by default (I10).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import type { Identity } from './principal.ts';
import { roleName, roleOfName } from './roles.ts';

export interface KeyRing {
  /** The identity of a presented key, or null. Takes the same time whichever key it is. */
  identify(key: string): Identity | null;
}

/** A line of the file. */
export interface KeyRecord {
  readonly id: string;
  /** SHA-256 of the key's text, lower-case hexadecimal. */
  readonly sha256: string;
  /** Short names of roles. */
  readonly roles: readonly string[];
}

/**
 * Reads the file.
 *
 * @throws Error naming the file and every entry that is wrong.
 */
export async function loadKeyRing(path: string): Promise<KeyRing> {
  const text = await readFile(path, 'utf8');
  try {
    return createKeyRing(parseKeyFile(text));
  } catch (cause) {
    throw new Error(`key file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A ring over the records. */
export function createKeyRing(records: readonly KeyRecord[]): KeyRing {
  const entries = records.map((record) => ({
    digest: Buffer.from(record.sha256, 'hex'),
    identity: Object.freeze({ id: record.id, roles: Object.freeze(rolesOf(record)) }),
  }));
  return {
    identify(key) {
      const digest = sha256(key);
      let found: Identity | null = null;
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.identity;
      return found;
    },
  };
}

/** A new key, to be shown once, with the record to keep. */
export function createKey(id: string, roles: readonly Role[]): { readonly key: string; readonly record: KeyRecord } {
  const key = `pde_${randomBytes(32).toString('base64url')}`;
  return { key, record: { id, sha256: sha256(key).toString('hex'), roles: roles.map(roleName) } };
}

/** The file's text for these records. */
export function formatKeyFile(records: readonly KeyRecord[]): string {
  return `${JSON.stringify({ keys: records }, null, 2)}\n`;
}

/** @throws Error listing every problem. */
export function parseKeyFile(text: string): readonly KeyRecord[] {
  const parsed: unknown = JSON.parse(text);
  const keys = typeof parsed === 'object' && parsed !== null && 'keys' in parsed ? parsed.keys : null;
  if (!Array.isArray(keys)) throw new Error('must be {"keys": […]}');
  const problems = keys.flatMap((entry, index) => problemsOf(entry).map((problem) => `keys[${index}] ${problem}`));
  const ids = keys.map((entry) => entry?.id);
  if (new Set(ids).size !== ids.length) problems.push('two keys have the same id');
  if (problems.length > 0) throw new Error(problems.join('; '));
  return keys as KeyRecord[];
}

function problemsOf(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null) return ['must be an object'];
  const { id, sha256: digest, roles } = entry as Record<string, unknown>;
  const problems: string[] = [];
  if (typeof id !== 'string' || !/^[A-Za-z0-9._:@-]{1,128}$/.test(id))
    problems.push('id must match [A-Za-z0-9._:@-]{1,128}');
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest))
    problems.push('sha256 must be 64 hexadecimal digits');
  if (!Array.isArray(roles) || roles.length === 0) return [...problems, 'roles must name at least one role'];
  const unknown = roles.filter((role) => typeof role !== 'string' || roleOfName(role) === null);
  return [...problems, ...unknown.map((role) => `has the unknown role ${JSON.stringify(role)}`)];
}

function rolesOf(record: KeyRecord): Role[] {
  return record.roles.map((name) => {
    const role = roleOfName(name);
    if (role === null) throw new Error(`key ${record.id} has the unknown role ${JSON.stringify(name)}`);
    return role;
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
