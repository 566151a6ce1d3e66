/** The two runs of bench:pipeline: the engine over a bank's stream, and the copier over the log that it left. */
import { join } from 'node:path';
import { storedSet, totals } from '../../services/cli/reconcile.ts';
import type { ManagedProcess } from '../../services/stack/stack.ts';
import { barePool } from './bare-consumer.ts';
import type { Copied } from './copier.ts';
import { figuresOf, type ProcessFigures, usedBetween } from './process-figures.ts';
import { type Rig, ROOT } from './rig.ts';

/** Streamed before the clock starts: code is warm, and their rate tells how many fill the time. */
const WARM_UP = 20_000;
const SERVICES = ['features', 'scoring', 'interventions', 'gateway'] as const;
const LOOK_EVERY_MS = 100;

type Used = Readonly<Record<string, ProcessFigures>>;

export interface EngineRun {
  /** In the measured stretch. */
  readonly transactions: number;
  /** From the broker's append of the first to the moment at which all were seen decided. */
  readonly seconds: number;
  readonly producedS: number;
  /** Of all that was streamed. */
  readonly triggeredShare: number;
  readonly reconciled: boolean;
  readonly used: Used;
}

/** Streams a stretch flat out and waits until it is decided. */
export async function measureEngine(rig: Rig, seconds: number): Promise<EngineRun> {
  const rest = rig.transactions - WARM_UP;
  if (rest < WARM_UP) throw new Error(`the bank holds ${rig.transactions} transactions: too few`);
  const warmS = await timed(() => streamed(rig, WARM_UP));
  const wanted = Math.round((WARM_UP / warmS) * seconds);
  const transactions = Math.min(rest, wanted);
  rig.log(`warm, at ${Math.round(WARM_UP / warmS)} a second; the clock runs for ${transactions} transactions`);
  if (transactions < wanted) rig.log(`the bank ends before ${seconds} s: more customers fill them`);
  await checkpoint(rig);
  const watched = watchEngine(rig);
  const startMs = Date.now();
  const producedS = await timed(() => rig.stream(['--total', `${transactions}`]));
  rig.log(`produced in ${producedS.toFixed(1)} s`);
  await rig.decided();
  const endMs = Date.now();
  const used = watched();
  await rig.drained();
  rig.log('drained; reconciling');
  const { input, reconciliation } = await rig.reconcile();
  for (const { name, holds, detail } of reconciliation.checks) if (!holds) rig.log(`does not hold: ${name}: ${detail}`);
  const { accepted } = totals(input.features, 'transactions-stream');
  return {
    ...{ transactions, producedS, used, reconciled: reconciliation.reconciled },
    seconds: (endMs - (await firstAppendMs(rig, startMs))) / 1_000,
    triggeredShare: Number(storedSet(input.features, 'triggered').count) / Number(accepted),
  };
}

async function streamed(rig: Rig, count: number): Promise<void> {
  await rig.stream(['--total', `${count}`]);
  await rig.decided();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** So that neither run pays for what was written before it. */
async function checkpoint(rig: Rig): Promise<void> {
  await onDatabase(rig, (query) => query('CHECKPOINT'));
}

async function firstAppendMs(rig: Rig, sinceMs: number): Promise<number> {
  const sql = `SELECT extract(epoch FROM min(arrival_time)) * 1000 AS ms FROM features.ledger
               WHERE arrival_time >= to_timestamp($1::float8 / 1000)`;
  const [row] = await onDatabase(rig, (query) => query(sql, [sinceMs]));
  return Number(row?.ms);
}

type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

async function onDatabase<T>(rig: Rig, work: (query: Query) => Promise<T>): Promise<T> {
  const pool = barePool(rig.stack);
  try {
    return await work(async (sql, values = []) => (await pool.query(sql, [...values])).rows);
  } finally {
    await pool.end();
  }
}

/** Processes by the name they have in the report. @returns call it at the end of the stretch */
function watchEngine(rig: Rig): () => Used {
  const services = (): Used =>
    Object.fromEntries(SERVICES.map((name) => [name, figuresOf(pidOf(rig.engine.processes.get(name)))]));
  const simulator = watchSpawned(rig, 'simulator');
  const before = { ...services(), ...partsOf(rig) };
  return () => ({ ...between(before, { ...services(), ...partsOf(rig) }), simulator: simulator() });
}

function partsOf({ stack: { parts } }: Rig): Used {
  return {
    postgres: figuresOf(pidOf(parts.postgres), true),
    kafka: figuresOf(pidOf(parts.kafka)),
    registry: figuresOf(pidOf(parts.registry)),
  };
}

function between(before: Used, after: Used): Used {
  return Object.fromEntries(Object.entries(after).map(([name, now]) => [name, usedBetween(before[name]!, now)]));
}

/** A process that ends within the stretch is looked at while it runs; what it did after the last look is missing. */
function watchSpawned(rig: Rig, name: string): () => ProcessFigures {
  const last = { pid: rig.spawned(name)?.pid ?? null, figures: { cpuS: 0, peakMb: 0 } };
  const ended = last.pid;
  const look = (): void => {
    const pid = rig.spawned(name)?.pid ?? null;
    if (pid === null || pid === ended) return;
    try {
      last.figures = figuresOf(pid);
    } catch {
      // It ended between the two looks.
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return last.figures;
  };
}

function pidOf(process: ManagedProcess<unknown> | undefined): number {
  if (process === undefined || process.pid === null) throw new Error(`${process?.name ?? 'a process'} is not running`);
  return process.pid;
}

export interface CopierRun {
  readonly transactions: number;
  readonly seconds: number;
  readonly used: Used;
}

/** Copies the same log, warm-up first; the engine has ended. */
export async function measureCopier(rig: Rig): Promise<CopierRun> {
  await checkpoint(rig);
  rig.log('the copier runs over the same log');
  const lines: string[] = [];
  const [before, watched] = [partsOf(rig), watchSpawned(rig, 'copier')];
  const copier = rig.stack.spawnProcess({
    name: 'copier',
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', join(ROOT, 'test', 'bench', 'copier.ts')],
    env: { PDE_BENCH_STACK: JSON.stringify(rig.stack.facts), PDE_BENCH_SKIP: `${WARM_UP}` },
    logFile: join(rig.stateDir, 'logs', 'copier.log'),
    ready: (line) => line,
    onStdoutLine: (line) => lines.push(line),
  });
  const { code } = await copier.exit;
  const used = { ...between(before, partsOf(rig)), copier: watched() };
  const last = lines.findLast((line) => line.startsWith('{'));
  if (code !== 0 || last === undefined) throw new Error(`the copier ended with ${code}: see ${copier.logFile}`);
  const { records, seconds }: Copied = JSON.parse(last);
  return { transactions: records, seconds, used };
}
