/**
 * Whole-engine runs for tests: a bank streamed through all services on real parts, and what they stored, for comparison.
 *
 * A run gets a database and empty topics of its own on a stack that several runs share. Equality between runs is over ids,
 * vectors, scores, contributions and decisions; wall-clock columns and places in outboxes are left out (DESIGN section 6).
 */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { bankPosition } from '../../services/cli/acknowledged.ts';
import { ensureApiKeys } from '../../services/cli/api-keys.ts';
import { type BankChoice, importArguments } from '../../services/cli/bank.ts';
import { deploy } from '../../services/cli/deploy.ts';
import { type Engine, type ServiceName, startEngine } from '../../services/cli/engine.ts';
import { type EngineFile, engineFileOf } from '../../services/cli/engine-file.ts';
import { createEngineObserver, type EngineObserver, isDrained } from '../../services/cli/observe-engine.ts';
import { type Acknowledged, type Reconciliation, reconcile } from '../../services/cli/reconcile.ts';
import { runSimulator } from '../../services/cli/simulator.ts';
import { retry } from '../../services/platform/lifecycle/retry.ts';
import { RegistryUnavailableError } from '../../services/platform/registry/registry.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import type { Stack } from '../../services/stack/stack.ts';
import { createFeed, type Feed } from './bank-feed.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** By service or instance name, or of the simulator: variables on top of what the engine tells it. */
export type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface RunOptions {
  readonly bank: BankChoice;
  readonly instances?: Partial<Record<ServiceName, number>>;
  /** May depend on the stack with the run's own database. */
  readonly settings?: Settings | ((stack: Stack) => Settings);
  /** The clone whose services run. Default: this one. */
  readonly root?: string;
  /** Flags of the simulator's stream. Default: flat out. */
  readonly streamFlags?: readonly string[];
  /** Streams again from the checkpoint where the simulator was ended before the bank's end. Default: that fails the run. */
  readonly resumesStream?: boolean;
  /** What is not processed and published so long after the stream's end never will be. Default: 10 minutes, for busy machines. */
  readonly drainsWithinMs?: number;
  /** Gets the services' logs at the end, whatever the end is. */
  readonly logsDir?: string;
  /** Called once the services are up, while the bank streams: kill something. */
  readonly disturb?: (running: RunningRun) => Promise<void>;
  /** Called when everything is drained and reconciled, before the services stop. */
  readonly inspect?: (running: RunningRun) => Promise<void>;
}

export interface RunningRun {
  readonly engine: Engine;
  readonly stack: Stack;
  readonly database: TestDatabase;
  readonly observer: EngineObserver;
  readonly keys: ReturnType<typeof ensureApiKeys>;
  readonly file: EngineFile;
  /** Of the services: keys and logs. */
  readonly stateDir: string;
  /** Transactions of the bank. */
  readonly transactions: number;
  /** Whoever streams the bank. */
  readonly feed: Feed;
  /** Resolves when the simulator has ended. */
  readonly streaming: Promise<unknown>;
  /** Resolves once everything in the logs is processed and published. */
  drained(): Promise<void>;
}

export interface RunOutcome {
  readonly reconciliation: Reconciliation;
  readonly stored: StoredRows;
  /** By instance name: how often a process was started again. */
  readonly restarts: Readonly<Record<string, number>>;
}

/** Everything that must be equal between two runs, one line of JSON a row, in the order of ids. */
export interface StoredRows {
  readonly ledger: readonly string[];
  readonly predictions: readonly string[];
  readonly decisions: readonly string[];
  readonly interventions: readonly string[];
}

const DRAINS_WITHIN_MS = 600_000;
const SETTLES_WITHIN_MS = 10_000;

export async function runEngine(shared: Stack, options: RunOptions): Promise<RunOutcome> {
  const database = await createTestDatabase(shared.postgres);
  const stateDir = await mkdtemp(join(tmpdir(), 'pde-run-'));
  const stack: Stack = {
    ...shared,
    postgres: { ...shared.postgres, url: (role) => database.url(role), adminUrl: database.adminUrl },
  };
  const log = createSilentLogger();
  const root = options.root ?? ROOT;
  const settings = typeof options.settings === 'function' ? options.settings(stack) : options.settings;
  try {
    await deleteTopics(shared);
    await deployPatiently(stack, root);
    const args = importArguments(options.bank, false);
    const imported = await runSimulator<{ bank_id: string; transactions: number }>({ root, stack, args });
    const { bank_id: bankId, transactions } = imported;
    const keys = ensureApiKeys(stateDir);
    const engine = await startEngine({ ...options, settings: settings ?? {}, root, stateDir, stack, keys });
    const file = engineFileOf(options.bank, bankId, stack, engine);
    const observer = createEngineObserver(file, keys.keys.operator, log);
    try {
      const feed = createFeed({
        root,
        stack,
        args: ['stream', '--bank', bankId, ...(options.streamFlags ?? [])],
        resumes: options.resumesStream ?? false,
        settings: settings?.simulator ?? {},
      });
      const drained = () => untilDrained(observer, options.drainsWithinMs ?? DRAINS_WITHIN_MS);
      const { ended: streaming } = feed;
      const running: RunningRun = {
        ...{ engine, stack, database, observer, keys, file, stateDir },
        ...{ transactions, feed, streaming, drained },
      };
      await Promise.all([streaming, options.disturb?.(running)]);
      await drained();
      const { acknowledged } = await bankPosition(root, stack, bankId);
      const reconciliation = await reconcileSettled(observer, acknowledged);
      await options.inspect?.(running);
      const restarts = Object.fromEntries([...engine.processes].map(([name, { restarts: n }]) => [name, n]));
      return { reconciliation, stored: await storedRows(database), restarts };
    } finally {
      await observer.close();
      await engine.stop();
    }
  } finally {
    await database.drop();
    if (options.logsDir !== undefined) await keepLogs(stateDir, options.logsDir);
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** On a busy machine a registry that has just come up answers late. */
async function deployPatiently(stack: Stack, root: string): Promise<void> {
  const isTransient = (cause: unknown) => cause instanceof RegistryUnavailableError;
  const policy = { initialDelayMs: 500, maxDelayMs: 5_000, maxTries: 8, isTransient };
  await retry(policy, new AbortController().signal, () => deploy(stack, root, createSilentLogger()));
}

/**
 * The reconciliation once nothing is in flight: the report of LOW decisions comes up to a second after the last of them, and may be
 * stored and not yet published at the moment of a look. What stays behind for SETTLES_WITHIN_MS is behind.
 */
async function reconcileSettled(observer: EngineObserver, acknowledged: Acknowledged): Promise<Reconciliation> {
  const deadlineMs = performance.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const reconciliation = reconcile(await observer.look(true, acknowledged));
    const settled = reconciliation.checks.every(({ kind, holds }) => holds || kind !== 'position');
    if (settled || performance.now() > deadlineMs) return reconciliation;
    await delay(200);
  }
}

async function keepLogs(stateDir: string, logsDir: string): Promise<void> {
  await cp(join(stateDir, 'logs'), logsDir, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    // Where nothing was started there is no log.
    if (cause.code !== 'ENOENT') throw cause;
  });
}

async function untilDrained(observer: EngineObserver, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  let calm = 0;
  let why: unknown = 'nothing was seen';
  while (performance.now() < deadlineMs) {
    try {
      const input = await observer.look(false);
      calm = isDrained(input) ? calm + 1 : 0;
      if (calm === 2) return;
      why = reconcile(input).checks.filter((check) => !check.holds);
    } catch (cause) {
      // A service that was killed is away until it is started again.
      why = cause;
    }
    await delay(200);
  }
  throw new Error(`not drained within ${withinMs / 1000} s`, { cause: why });
}

/** Empties the broker for the next run; resolves when it knows none of the topics any more. */
async function deleteTopics(stack: Stack): Promise<void> {
  const admin = adminOf(stack);
  await admin.connect();
  try {
    const own = (names: readonly string[]) => names.filter((name) => !name.startsWith('__'));
    const present = own(await admin.listTopics());
    if (present.length > 0) await admin.deleteTopics({ topics: present });
    const deadlineMs = performance.now() + 30_000;
    while (own(await admin.listTopics()).length > 0) {
      if (performance.now() > deadlineMs) throw new Error('the broker did not delete its topics');
      await delay(50);
    }
  } finally {
    await admin.disconnect();
  }
}

function adminOf(stack: Stack) {
  const { username, password } = stack.kafka.credentials('admin');
  const kafka = new kafkajs.Kafka({
    clientId: 'test',
    brokers: [stack.kafka.brokers],
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  return kafka.admin();
}

const WALL_CLOCK_AND_PLACES = [
  'stored_time',
  'scheduled_send_time',
  'recorded_time',
  'shard',
  'outbox_position',
  'position',
  'decision_number',
  'arrival_time',
  'log_offset',
];

async function storedRows(database: TestDatabase): Promise<StoredRows> {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  const rowsOf = async (table: string, order: string): Promise<string[]> => {
    const { rows } = await client.query<{ row: string }>(
      `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM ${table} t ORDER BY ${order}`,
      [WALL_CLOCK_AND_PLACES],
    );
    return rows.map(({ row }) => row);
  };
  try {
    return {
      ledger: await rowsOf('features.ledger', 'customer_id, ledger_position'),
      predictions: await rowsOf('scoring.predictions', 'prediction_id'),
      decisions: await rowsOf('interventions.decisions', 'decision_id'),
      interventions: await rowsOf('interventions.offers', 'intervention_id'),
    };
  } finally {
    await client.end();
  }
}

/** The rows by which two runs differ, at most a few of each kind; empty where they are equal. */
export function differences(one: StoredRows, other: StoredRows): readonly string[] {
  return (Object.keys(one) as (keyof StoredRows)[]).flatMap((kind) => {
    const [left, right] = [new Set(one[kind]), new Set(other[kind])];
    const only = [
      ...one[kind].filter((row) => !right.has(row)).map((row) => `${kind} -${row}`),
      ...other[kind].filter((row) => !left.has(row)).map((row) => `${kind} +${row}`),
    ];
    const counts =
      one[kind].length === other[kind].length ? [] : [`${kind}: ${one[kind].length} and ${other[kind].length} rows`];
    return [...counts, ...only.slice(0, 2).map((row) => row.slice(0, 600))];
  });
}
