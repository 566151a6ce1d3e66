/** The two runs of bench:pipeline: the engine over a bank's stream, and the copier over the log that it left. */
import { join } from 'node:path';
import { storedSet, totals } from '../../services/cli/reconcile.ts';
import type { ManagedProcess } from '../../services/stack/stack.ts';
import { barePool } from './bare-consumer.ts';
import type { Copied } from './copier.ts';
import { figuresOf, type ProcessFigures, usedBetween } from './process-figures.ts';
import { type Rig, ROOT } from './rig.ts';

/** Streamed and decided before the clock starts: code is warm. */
const WARM_UP = 20_000;
/** More at once than the engine takes: with the simulator's default of 500 it is the simulator's waiting that bounds the stream. */
const FLAT_OUT = ['--batch-size', '2000'];
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

/** Streams flat out for so many seconds and waits until all of it is decided. */
export async function measureEngine(rig: Rig, seconds: number): Promise<EngineRun> {
  rig.log('warming up');
  await rig.stream([...FLAT_OUT, '--total', `${WARM_UP}`]);
  await rig.decided();
  await checkpoint(rig);
  rig.log(`streaming for ${seconds} s`);
  const watched = watchEngine(rig);
  const startMs = Date.now();
  let transactions = 0;
  const producedS = await timed(async () => {
    transactions = (await streamFor(rig, seconds)).sent;
  });
  rig.log(`produced ${transactions} transactions in ${producedS.toFixed(1)} s`);
  if (transactions + WARM_UP >= rig.transactions) rig.log('the bank ended before the time: more customers fill it');
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

/** Until the time is over, or the bank: the simulator then stops after the batch in flight. */
async function streamFor(rig: Rig, seconds: number): Promise<{ readonly sent: number }> {
  const streaming = rig.stream(FLAT_OUT);
  const timer = setTimeout(() => rig.spawned('simulator')?.kill('SIGTERM'), seconds * 1_000);
  try {
    return await streaming;
  } finally {
    clearTimeout(timer);
  }
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
  readonly log: Copied;
  readonly stream: Copied;
  /** While it copied what was in the log. */
  readonly used: Used;
}

/** Copies the log that the engine left, warm-up first, and then the same stretch again while the simulator produces it. */
export async function measureCopier(rig: Rig, transactions: number): Promise<CopierRun> {
  await checkpoint(rig);
  rig.log('the copier runs over the same log');
  const [before, watched] = [partsOf(rig), watchSpawned(rig, 'copier')];
  const told: ((copied: Copied) => void)[] = [];
  const answers = [0, 1].map(() => new Promise<Copied>((resolve) => told.push(resolve)));
  const copier = rig.stack.spawnProcess({
    name: 'copier',
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', join(ROOT, 'test', 'bench', 'copier.ts')],
    env: {
      PDE_BENCH_STACK: JSON.stringify(rig.stack.facts),
      PDE_BENCH_SKIP: `${WARM_UP}`,
      PDE_BENCH_MORE: `${transactions}`,
    },
    logFile: join(rig.stateDir, 'logs', 'copier.log'),
    ready: (line) => line,
    onStdoutLine: (line) => {
      if (line.startsWith('{')) told.shift()?.(JSON.parse(line));
    },
  });
  const ended = copier.exit.then(({ code }): never => {
    throw new Error(`the copier ended with ${code}: see ${copier.logFile}`);
  });
  ended.catch(() => {});
  const log = await Promise.race([answers[0]!, ended]);
  const used = { ...between(before, partsOf(rig)), copier: watched() };
  await checkpoint(rig);
  rig.log('the copier runs beside the producer');
  await rig.stream([...FLAT_OUT, '--restart', '--total', `${transactions}`]);
  return { log, used, stream: await Promise.race([answers[1]!, ended]) };
}
