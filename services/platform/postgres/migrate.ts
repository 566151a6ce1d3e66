/**
 * Numbered plain SQL files, each run once, in order, in a transaction of its own, as the schema's owner.
 *
 *  - `000001_name.sql`, `000002_name.sql` …, without gaps.
 *  - What ran is recorded with its SHA-256 in `<schema>.migrations`; a file that changed or vanished afterwards is refused.
 *  - An advisory lock makes concurrent starts wait for one another.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { identifier } from './identifier.ts';

export interface MigrateOptions {
  /** Connects as the role that owns the schema. */
  readonly ownerUrl: string;
  readonly schema: string;
  /** Folder of the numbered files. */
  readonly directory: string;
  readonly log?: { info(fields: { readonly event: string } & Record<string, unknown>): void };
  /** Longest wait for another migration. Default 60 s. */
  readonly lockTimeoutMs?: number;
}

interface Migration {
  readonly version: number;
  readonly file: string;
  readonly sql: string;
  readonly sha256: string;
}

/** @returns versions that ran now, in order. */
export async function migrate(o: MigrateOptions): Promise<readonly number[]> {
  const schema = identifier(o.schema);
  const migrations = await readMigrations(o.directory);
  const client = new Client({ connectionString: o.ownerUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SET lock_timeout TO ${Math.floor(o.lockTimeoutMs ?? 60_000)}`);
    await client.query('SELECT pg_advisory_lock(hashtextextended($1::text, 0))', [`migrate ${schema}`]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrations (
         version int PRIMARY KEY, file text NOT NULL, sha256 text NOT NULL, run_time timestamptz NOT NULL DEFAULT now())`,
    );
    const pending = await pendingOf(client, schema, migrations);
    for (const migration of pending) {
      await runOne(client, schema, migration);
      o.log?.info({ event: 'migrated', schema, file: migration.file });
    }
    return pending.map((migration) => migration.version);
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  return await Promise.all(files.map((file, index) => readMigration(directory, file, index + 1)));
}

async function readMigration(directory: string, file: string, expected: number): Promise<Migration> {
  const version = Number(/^(\d{6})_[a-z0-9_]+\.sql$/.exec(file)?.[1] ?? Number.NaN);
  if (version !== expected)
    throw new Error(`${file}: expected a file named ${String(expected).padStart(6, '0')}_name.sql`);
  const sql = await readFile(join(directory, file), 'utf8');
  return { version, file, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}

async function pendingOf(client: Client, schema: string, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ version: number; file: string; sha256: string }>(
    `SELECT version, file, sha256 FROM ${schema}.migrations ORDER BY version`,
  );
  for (const ran of rows) {
    const now = migrations[ran.version - 1];
    if (now === undefined) throw new Error(`${ran.file} was run on schema ${schema} and is no longer there`);
    if (now.sha256 !== ran.sha256)
      throw new Error(`${now.file} changed after it was run on schema ${schema}: add a new file`);
  }
  return migrations.slice(rows.length);
}

async function runOne(client: Client, schema: string, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(`INSERT INTO ${schema}.migrations (version, file, sha256) VALUES ($1, $2, $3)`, [
      migration.version,
      migration.file,
      migration.sha256,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    throw new Error(`${migration.file} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
