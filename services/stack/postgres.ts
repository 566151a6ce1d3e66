/**
 * The embedded PostgreSQL 17: SCRAM from initdb on, one loopback address, no socket file, nobody trusted.
 * Databases, roles and schemas are made by PostgreSQL's single-user mode before it listens: at no moment does a server without
 * passwords accept connections.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from './child-environment.ts';
import { StackError } from './errors.ts';
import { exists, writeWhole } from './files.ts';
import type { PostgresPlace } from './postgres-place.ts';
import {
  ADMIN_ROLE,
  clusterStatements,
  ENGINE_DATABASE,
  REGISTRY_DATABASE,
  roleStatements,
  schemaStatements,
} from './postgres-roles.ts';
import { isZombie } from './process-identity.ts';
import type { ManagedProcess, Supervisor } from './supervisor.ts';

export interface PostgresOptions {
  readonly supervisor: Supervisor;
  readonly place: PostgresPlace;
  readonly port: number;
  readonly passwords: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly readyWithinMs: number;
  /** False only where no test proves durability: fsync is then off. */
  readonly durable: boolean;
  /** Of the server, on top of what it needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const LOCK_FILE = 'postmaster.pid';
const ENVIRONMENT = childEnvironment({ LC_ALL: 'C', LC_MESSAGES: 'C', LANG: 'C', TZ: 'UTC', HOME: '/' });

/** Makes the cluster if there is none, brings roles and schemas up to date, starts it and resolves once it accepts connections. */
export async function startPostgres(o: PostgresOptions): Promise<ManagedProcess<true>> {
  const data = join(o.place.home, 'data');
  if (!(await exists(data))) await createCluster(o, data);
  await replaceZombie(join(data, LOCK_FILE));
  await applyRoles(o, data);
  const server = o.supervisor.spawnProcess<true>({
    name: 'PostgreSQL',
    command: join(o.place.bin, 'postgres'),
    args: serverArguments(o, data),
    env: { ...ENVIRONMENT, ...o.env },
    logFile: o.logFile,
    stopSignal: 'SIGINT',
    stopRank: 2,
    probe: (pid) => isReady(join(data, LOCK_FILE), pid),
    restart: { firstMs: 250, longestMs: 10_000 },
    readyWithinMs: o.readyWithinMs,
    ...(o.place.user === undefined ? {} : { user: o.place.user }),
  });
  await server.ready;
  return server;
}

/**
 * PostgreSQL takes any process of its user that answers a signal for a rival, also a zombie: what a killed owner left is one until
 * init collects it, if ever. Its pid (negative where it was the single-user mode) gives way to ours: a lock that names a server's
 * parent is stale to it (CreateLockFile in miscinit.c). The rest stays, and with it the check that no backend is left.
 */
async function replaceZombie(lockFile: string): Promise<void> {
  const lock = await readFile(lockFile, 'utf8').catch(() => '');
  const pid = Math.abs(Number.parseInt(lock, 10));
  if (!(pid > 0 && isZombie(pid))) return;
  const ours = lock.replace(/^-?\d+/, String(process.pid));
  // In place: it stays PostgreSQL's own file, and is never empty.
  await writeFile(lockFile, ours, { flag: 'r+' });
  await truncate(lockFile, Buffer.byteLength(ours));
}

// The postmaster writes its pid and state into lines 1 and 8 of its pid file; pg_ctl waits for the same.
async function isReady(pidFile: string, pid: number): Promise<true | null> {
  const lines = (await readFile(pidFile, 'utf8')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready' ? true : null;
}

function serverArguments(o: PostgresOptions, data: string): readonly string[] {
  const settings: Record<string, string | number> = {
    port: o.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    max_connections: 200,
    shared_buffers: '128MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...(o.durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

// Under another name first: a directory called `data` is always a complete cluster.
async function createCluster(o: PostgresOptions, data: string): Promise<void> {
  await removeDrafts(o.place.home);
  const draft = join(o.place.home, `draft-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  await writeFile(passwordFile, `${o.passwords[ADMIN_ROLE]}\n`, { mode: 0o600 });
  if (o.place.user !== undefined) await chown(passwordFile, o.place.user.uid, o.place.user.gid);
  try {
    await run(o, 'initdb', [
      `--pgdata=${draft}`,
      `--username=${ADMIN_ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth-host=scram-sha-256',
      '--auth-local=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
      ...(o.durable ? [] : ['--no-sync']),
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(join(draft, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n');
  await runSql(o, draft, 'postgres', [`CREATE DATABASE ${ENGINE_DATABASE}`, `CREATE DATABASE ${REGISTRY_DATABASE}`]);
  await rename(draft, data);
}

// What a first start left behind that was killed.
async function removeDrafts(home: string): Promise<void> {
  const drafts = (await readdir(home)).filter((name) => name.startsWith('draft-'));
  await Promise.all(drafts.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

// Skipped where the same statements, passwords included, ran before; their digest is kept.
async function applyRoles(o: PostgresOptions, data: string): Promise<void> {
  const cluster = [...roleStatements(o.passwords), ...clusterStatements()];
  const applied = join(o.place.home, 'applied-roles.sha256');
  const digest = createHash('sha256')
    .update([...cluster, ...schemaStatements()].join(';'))
    .digest('hex');
  const before = await readFile(applied, 'utf8').catch(() => null);
  if (before === digest) return;
  await runSql(o, data, 'postgres', cluster);
  await runSql(o, data, ENGINE_DATABASE, schemaStatements());
  await writeWhole(applied, digest);
}

async function runSql(
  o: PostgresOptions,
  data: string,
  database: string,
  statements: readonly string[],
): Promise<void> {
  const sync = o.durable ? [] : ['-c', 'fsync=off'];
  const args = ['--single', '-j', '-D', data, '-c', 'exit_on_error=on', '-c', 'log_statement=none', ...sync, database];
  await run(o, 'postgres', args, statements.map((statement) => `${statement};\n\n`).join(''));
}

async function run(o: PostgresOptions, program: string, args: readonly string[], input = ''): Promise<void> {
  const { code, output, error } = await o.supervisor.runTool({
    name: program,
    command: join(o.place.bin, program),
    args,
    env: ENVIRONMENT,
    user: o.place.user,
    input,
    signal: o.signal,
  });
  if (code !== 0) throw new StackError(`${program} failed: ${error?.message ?? lastLineOf(output)}`);
}

function lastLineOf(output: string): string {
  return output.trim().split('\n').at(-1) ?? 'no output';
}
