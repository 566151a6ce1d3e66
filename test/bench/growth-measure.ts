/** One size of bench:growth: what transactions of customers that are not in memory cost, at a rate and flat out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { storedSet, totals } from '../../services/cli/reconcile.ts';
import type { Active, Traffic } from './growth-traffic.ts';
import { figuresOf } from './process-figures.ts';
import type { Rig } from './rig.ts';

/** Whose time is the cost of a transaction. */
export const COSTING = ['features', 'scoring', 'interventions', 'postgres'] as const;
type Costing = (typeof COSTING)[number];
export type CpuUs = Readonly<Record<Costing, number>>;

const IDLE_MS = 5_000;
const FLAT_OUT = 1e6;
const MOST_TRIES = 20;

/** Customers that are active in a stretch, each with as many transactions. */
export interface Stretches {
  readonly warmUp: readonly Active[];
  readonly atRate: readonly Active[];
  readonly flatOut: readonly Active[];
}

export interface Measured {
  readonly transactions: number;
  /** Processor time a transaction, less what the processes take while nothing comes. */
  readonly costUs: CpuUs;
  /** Wall time a transaction, flat out. */
  readonly flatOutWallUs: number;
  readonly flatOutCostUs: CpuUs;
  /** Of the looks into the cache in the stretch at a rate. */
  readonly notInMemoryShare: number;
  readonly triggeredShare: number;
  readonly cachedCustomers: number;
  readonly cachedMb: number;
  /** VmHWM since the process began. */
  readonly featuresPeakMb: number;
}

export async function measureSize(
  rig: Rig,
  traffic: Traffic,
  { warmUp, atRate, flatOut }: Stretches,
  perSecond: number,
): Promise<Measured> {
  const before = await counted(rig);
  const warm = await through(rig, traffic, warmUp, FLAT_OUT);
  const idle = await idleCost(rig);
  const missesBefore = await misses(rig);
  const rated = await through(rig, traffic, atRate, perSecond);
  const notInMemory = (await misses(rig)) - missesBefore;
  const burst = await through(rig, traffic, flatOut, FLAT_OUT);
  const after = await counted(rig);
  const sent = warm.sent + rated.sent + burst.sent;
  if (after.accepted - before.accepted !== sent)
    throw new Error(`${after.accepted - before.accepted} of ${sent} arrived`);
  const cache = await gauges(rig);
  return {
    transactions: rated.sent,
    costUs: perTransaction(rated, idle),
    flatOutWallUs: (burst.wallMs * 1_000) / burst.sent,
    flatOutCostUs: perTransaction(burst, idle),
    notInMemoryShare: notInMemory / rated.sent,
    triggeredShare: (after.predictions - before.predictions) / sent,
    cachedCustomers: cache.pde_features_cached_customers!,
    cachedMb: cache.pde_features_cached_bytes! / 2 ** 20,
    featuresPeakMb: figuresOf(pidOf(rig, 'features')).peakMb,
  };
}

interface Stretch {
  readonly sent: number;
  readonly wallMs: number;
  readonly cpuUs: CpuUs;
}

/** Sends and waits until all is decided and published. */
async function through(rig: Rig, traffic: Traffic, active: readonly Active[], perSecond: number): Promise<Stretch> {
  const [cpuBefore, startMs] = [cpu(rig), performance.now()];
  const sent = await traffic.send(active, perSecond);
  await patiently(() => rig.drained());
  return { sent, wallMs: performance.now() - startMs, cpuUs: less(cpu(rig), cpuBefore) };
}

/** Microseconds of processor time a millisecond of doing nothing. */
async function idleCost(rig: Rig): Promise<CpuUs> {
  const before = cpu(rig);
  await sleep(IDLE_MS);
  return mapped(less(cpu(rig), before), (us) => us / IDLE_MS);
}

/** A service that is too busy to say where it stands is asked again. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (cause) {
      if (tries === MOST_TRIES) throw cause;
      await sleep(1_000);
    }
  }
}

function perTransaction({ sent, wallMs, cpuUs }: Stretch, idle: CpuUs): CpuUs {
  return mapped(cpuUs, (us, name) => (us - idle[name] * wallMs) / sent);
}

function cpu(rig: Rig): CpuUs {
  return mapped({ features: 0, scoring: 0, interventions: 0, postgres: 0 }, (_, name) => {
    return figuresOf(pidOf(rig, name), name === 'postgres').cpuS * 1e6;
  });
}

function less(after: CpuUs, before: CpuUs): CpuUs {
  return mapped(after, (us, name) => us - before[name]);
}

function mapped(all: CpuUs, of: (us: number, name: Costing) => number): CpuUs {
  const { features, scoring, interventions, postgres } = all;
  return {
    features: of(features, 'features'),
    scoring: of(scoring, 'scoring'),
    interventions: of(interventions, 'interventions'),
    postgres: of(postgres, 'postgres'),
  };
}

function pidOf(rig: Rig, name: Costing): number {
  const pid = name === 'postgres' ? rig.stack.parts.postgres.pid : rig.engine.processes.get(name)?.pid;
  if (pid === undefined || pid === null) throw new Error(`${name} is not running`);
  return pid;
}

async function counted(rig: Rig) {
  const { features, scoring } = await patiently(() => rig.observer.look(false));
  const { accepted } = totals(features, 'transactions-stream');
  return { accepted: Number(accepted), predictions: Number(storedSet(scoring, 'predictions').count) };
}

async function misses(rig: Rig): Promise<number> {
  return (await gauges(rig)).pde_features_cache_misses!;
}

/** The gauges that features tells of its cache. */
async function gauges(rig: Rig): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${rig.file.ops.features}/metrics`)).text();
  const found = text.matchAll(/^(pde_features_cache\w+)\{[^}]*\} (\S+)$/gm);
  return Object.fromEntries([...found].map(([, name, value]) => [name!, Number(value)]));
}
