/**
 * One long-running child: its log, its readiness, its restarts and its end.
 *
 *   running ── ends ──▶ waiting (only with a restart policy) ── backoff over ──▶ running
 *      │                   │
 *      └── stop() ─────────┴──▶ ended
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from './child-environment.ts';
import { StackError } from './errors.ts';
import { signalGroup } from './process-identity.ts';
import type { Roster } from './supervisor.ts';

/** How a process ended: by a code or by a signal; `error` where it never started. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: Error | null;
}

/** What a service of the engine prints once it serves: {"event":"ready","rpcPort":…,"opsPort":…}. */
export interface ReadyPorts {
  readonly rpcPort: number;
  readonly opsPort: number;
}

export type ChildVariables = Readonly<Record<string, string | undefined>>;

export interface SpawnOptions<T = ReadyPorts> {
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** On top of the few variables of ours that a child inherits (see childEnvironment); may depend on how often it was started again. */
  readonly env?: ChildVariables | ((restarts: number) => ChildVariables);
  /** Default: the root directory, so that a child keeps no folder busy. */
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Standard output and error are appended here; its folder is made. Over 16 MiB it is renamed to `.1` at the next start. */
  readonly logFile: string;
  /**
   * Starts it again when it ends by itself, after a wait that doubles from firstMs to longestMs; an end before it was ready for
   * the first time is final. Default: never.
   */
  readonly restart?: { readonly firstMs: number; readonly longestMs: number };
  /** Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Which turn it gets when everything stops: 0 services (default), 1 Kafka and the registry, 2 PostgreSQL. */
  readonly stopRank?: 0 | 1 | 2;
  readonly onStdoutLine?: (line: string) => void;
  /** Reads readiness from a line of standard output; null: not yet. Default: a service's ready line. */
  readonly ready?: (line: string) => T | null;
  /** Looks for readiness from outside, every 20 ms, instead of reading lines; null: not yet. */
  readonly probe?: (pid: number) => Promise<T | null>;
  /** Default 120,000: `ready` rejects after that; the process is left to the caller. */
  readonly readyWithinMs?: number;
  /** Called at every end, also of runs that a restart follows. */
  readonly onExit?: (exit: Exit) => void;
}

export interface ManagedProcess<T = ReadyPorts> {
  readonly name: string;
  readonly stopRank: number;
  readonly logFile: string;
  /** Null while it is not running. */
  readonly pid: number | null;
  /** How often it was started again. */
  readonly restarts: number;
  /** Resolves at the first readiness; rejects where the process ends before that or takes longer than readyWithinMs. */
  readonly ready: Promise<T>;
  /** Resolves once it has ended and will not be started again. */
  readonly exit: Promise<Exit>;
  /** Its stop signal, and SIGKILL for the whole group after graceMs (default 10,000). Resolves with its end. */
  stop(options?: { readonly graceMs?: number }): Promise<Exit>;
  /** Sends a signal and nothing more: with a restart policy the process comes back. */
  kill(signal: NodeJS.Signals): void;
}

const PROBE_EVERY_MS = 20;
const LONGEST_LOG_BYTES = 16 * 1024 * 1024;

/** Reads a service's ready line. */
export function readyPortsOf(line: string): ReadyPorts | null {
  if (!line.includes('"ready"')) return null;
  try {
    const entry = JSON.parse(line) as { event?: unknown; rpcPort?: unknown; opsPort?: unknown };
    if (entry.event !== 'ready') return null;
    return { rpcPort: Number(entry.rpcPort ?? 0), opsPort: Number(entry.opsPort ?? 0) };
  } catch {
    return null;
  }
}

/** Spawns it at once; throws StackError where the supervisor is stopping. */
export function startManagedProcess<T>(
  o: SpawnOptions<T>,
  roster: Roster,
  log: (line: string) => void,
): ManagedProcess<T> {
  if (!roster.open) throw new StackError(`${o.name} is not started: everything is being stopped`);
  const ready = Promise.withResolvers<T>();
  const exit = Promise.withResolvers<Exit>();
  let child: ChildProcess | null = null;
  let restarts = 0;
  let waiting: NodeJS.Timeout | null = null;
  let stopping = false;
  let begunAt = 0;
  let backoffMs = o.restart?.firstMs ?? 0;
  let wasReady = false;
  const tooLate = setTimeout(
    () => ready.reject(new StackError(`${o.name} was not ready in time, its log is ${o.logFile}`)),
    o.readyWithinMs ?? 120_000,
  );
  void ready.promise
    .then(
      () => {
        wasReady = true;
      },
      () => {},
    )
    .finally(() => clearTimeout(tooLate));

  function run(): void {
    waiting = null;
    begunAt = performance.now();
    child = launch(o, variablesOf(o, restarts), roster, readLine, ended);
    if (o.probe !== undefined && child.pid !== undefined) void probeUntilReady(child.pid, o.probe);
  }

  function readLine(line: string): void {
    o.onStdoutLine?.(line);
    if (o.probe !== undefined || wasReady) return;
    const value = (o.ready ?? readyPortsOf)(line);
    if (value !== null) ready.resolve(value as T);
  }

  async function probeUntilReady(pid: number, probe: (pid: number) => Promise<T | null>): Promise<void> {
    while (child?.pid === pid && !wasReady) {
      const value = await probe(pid).catch(() => null);
      if (value !== null) return ready.resolve(value);
      await delay(PROBE_EVERY_MS);
    }
  }

  function ended(how: Exit): void {
    child = null;
    o.onExit?.(how);
    if (stopping || !roster.open || o.restart === undefined || !wasReady) {
      settle(how);
      return;
    }
    // A run that lasted is forgiven: its next wait is the first one again.
    if (performance.now() - begunAt > 60_000) backoffMs = o.restart.firstMs;
    log(`${o.name} ended (${describeExit(how)}); starting it again in ${backoffMs} ms, its log is ${o.logFile}`);
    waiting = setTimeout(again, backoffMs, how);
    backoffMs = Math.min(backoffMs * 2, o.restart.longestMs);
  }

  function again(before: Exit): void {
    if (stopping || !roster.open) {
      settle(before);
    } else {
      restarts += 1;
      run();
    }
  }

  function settle(how: Exit): void {
    exit.resolve(how);
    ready.reject(new StackError(`${o.name} ended before it was ready (${describeExit(how)}), its log is ${o.logFile}`));
  }

  async function stop({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<Exit> {
    stopping = true;
    if (waiting !== null) {
      clearTimeout(waiting);
      settle({ code: null, signal: null, error: null });
    }
    child?.kill(o.stopSignal ?? 'SIGTERM');
    const leader = child?.pid;
    const tooLong = setTimeout(() => leader !== undefined && signalGroup(leader, 'SIGKILL'), graceMs);
    try {
      return await exit.promise;
    } finally {
      clearTimeout(tooLong);
    }
  }

  run();
  return {
    name: o.name,
    stopRank: o.stopRank ?? 0,
    logFile: o.logFile,
    get pid() {
      return child?.pid ?? null;
    },
    get restarts() {
      return restarts;
    },
    ready: ready.promise,
    exit: exit.promise,
    stop,
    kill: (signal) => void child?.kill(signal),
  };
}

/** "code 1", "SIGKILL" or why it never started. */
export function describeExit(exit: Exit): string {
  if (exit.error !== null) return exit.error.message;
  return exit.signal ?? `code ${exit.code}`;
}

function variablesOf<T>({ env = {} }: SpawnOptions<T>, restarts: number): ChildVariables {
  return typeof env === 'function' ? env(restarts) : env;
}

function launch<T>(
  o: SpawnOptions<T>,
  env: ChildVariables,
  roster: Roster,
  onLine: (line: string) => void,
  ended: (how: Exit) => void,
): ChildProcess {
  mkdirSync(dirname(o.logFile), { recursive: true, mode: 0o700 });
  rotate(o.logFile);
  const log = openSync(o.logFile, 'a', 0o600);
  const readsLines = o.onStdoutLine !== undefined || o.probe === undefined;
  const child = roster.spawn(
    o.command,
    o.args ?? [],
    {
      cwd: o.cwd ?? '/',
      env: childEnvironment(env),
      stdio: ['ignore', readsLines ? 'pipe' : log, log],
      ...o.user,
    },
    { name: o.name, stopSignal: o.stopSignal ?? 'SIGTERM', stopRank: o.stopRank ?? 0 },
  );
  const pid = child.pid;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      writeSync(log, `${line}\n`);
      onLine(line);
    });
  }
  let over = false;
  const finish = (how: Exit) => {
    if (over) return;
    over = true;
    if (pid !== undefined) roster.leave(pid);
    closeSync(log);
    ended(how);
  };
  child.once('error', (error) => {
    if (pid === undefined) finish({ code: null, signal: null, error });
  });
  // Whoever of its group is left holds its pipes open, and `close` waits for those.
  child.once('exit', () => pid !== undefined && signalGroup(pid, 'SIGKILL'));
  child.once('close', (code, signal) => finish({ code, signal, error: null }));
  return child;
}

// One older log is kept, under the name with `.1`.
function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LONGEST_LOG_BYTES) renameSync(file, `${file}.1`);
}
