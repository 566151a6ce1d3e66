/** Strikes the planned faults at a running engine, each at its instant, and has the recovery from each measured. */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isDrained } from '../../services/cli/observe-engine.ts';
import type { ReconcileInput } from '../../services/cli/reconcile.ts';
import type { ManagedProcess } from '../../services/stack/stack.ts';
import type { RunningRun, Settings } from '../support/engine-run.ts';
import type { Target } from './fault.ts';
import { describeFault, type PlannedFault } from './plan.ts';
import { isBeyond, look, POLL_MS, recoverySeconds } from './recovery.ts';
import type { Surroundings } from './surroundings.ts';

export interface Struck {
  readonly fault: string;
  /** Seconds since the services were up; null: it never struck, since the run was over before. */
  readonly at_s: number | null;
  readonly recovery_s: number | null;
}

type Measured = (fault: PlannedFault, strikeMs: number | null) => Promise<Struck>;
type AtPoint = Extract<PlannedFault, { readonly kind: 'point' }>;
type Timed = Exclude<PlannedFault, AtPoint>;

const TAKEN_OVER_WITHIN_MS = 300_000;

/** What every fault of a run needs. */
interface Striking {
  readonly run: RunningRun;
  readonly surroundings: Surroundings;
  readonly streaming: { readonly ended: boolean };
  readonly signal: AbortSignal;
}

/**
 * Resolves when all faults have struck (or can strike no more), are over, and the engine has recovered from each.
 *
 * @param withinMs after that long it has not recovered
 */
export async function strike(
  run: RunningRun,
  plan: readonly PlannedFault[],
  surroundings: Surroundings,
  withinMs: number,
  signal: AbortSignal,
): Promise<readonly Struck[]> {
  const begunMs = performance.now();
  const s: Striking = { run, surroundings, streaming: watchStream(run), signal };
  const measured: Measured = async (fault, strikeMs) => ({
    fault: describeFault(fault),
    at_s: strikeMs === null ? null : (strikeMs - begunMs) / 1000,
    recovery_s: strikeMs === null ? null : await recoverySeconds(run, s.streaming, strikeMs, withinMs, signal),
  });
  const [atPoints, atInstants] = await Promise.all([
    Promise.all(plan.filter(isAtPoint).map((fault) => strikeAtPoint(s, fault, measured))),
    strikeInTurn(s, plan.filter(isTimed), measured),
  ]);
  return [...atPoints.flat(), ...atInstants];
}

/** What arms the planned crash points, by process. */
export function armedSettings(plan: readonly PlannedFault[]): Settings {
  return Object.fromEntries(
    plan.filter(isAtPoint).flatMap((fault) => {
      const { point, nth, forMs } = fault;
      const armed = { PDE_CRASH_POINT: `${point}@${nth}${forMs === undefined ? '' : ':stop'}` };
      return targetsOf(fault).map((target) => [target, armed]);
    }),
  );
}

function isAtPoint(fault: PlannedFault): fault is AtPoint {
  return fault.kind === 'point';
}

function isTimed(fault: PlannedFault): fault is Timed {
  return fault.kind !== 'point';
}

/** Whom it may strike, each with a fault of its own. */
async function strikeAtPoint(s: Striking, fault: AtPoint, measured: Measured): Promise<readonly Struck[]> {
  const outcomes = await Promise.all(
    targetsOf(fault).map(async (target) => {
      const { or: _, ...rest } = fault;
      const own = { ...rest, target };
      return await measured(own, await untilStruck(s, own));
    }),
  );
  const struck = outcomes.filter(({ at_s }) => at_s !== null);
  return struck.length > 0 ? struck : [{ fault: describeFault(fault), at_s: null, recovery_s: null }];
}

function targetsOf({ target, or }: AtPoint): readonly Target[] {
  return or === undefined ? [target] : [target, or];
}

async function strikeInTurn(s: Striking, faults: readonly Timed[], measured: Measured): Promise<readonly Struck[]> {
  const outcomes: Promise<Struck>[] = [];
  const over: Promise<void>[] = [];
  for (const fault of faults) {
    await until(s, fault);
    const strikeMs = performance.now();
    const struck = await strikeNow(s, fault);
    if (struck !== null) over.push(struck.over);
    outcomes.push(measured(fault, struck === null ? null : strikeMs));
  }
  await Promise.all(over);
  return await Promise.all(outcomes);
}

/** Null where it cannot strike any more. */
async function strikeNow(s: Striking, fault: Timed): Promise<{ readonly over: Promise<void> } | null> {
  if (fault.kind !== 'signal' && fault.kind !== 'pause') return await s.surroundings.strike(s.run, fault);
  const process = processOf(s.run, fault.target);
  // Whoever was struck a moment ago may still be down; a simulator that has sent everything stays so.
  while (process().pid === null && !(fault.target === 'simulator' && s.streaming.ended)) {
    await delay(POLL_MS, undefined, { signal: s.signal });
  }
  if (process().pid === null) return null;
  process().kill(fault.kind === 'pause' ? 'SIGSTOP' : fault.signal);
  return { over: fault.kind === 'pause' ? wakeLater(process(), fault.forMs, s.signal) : Promise.resolve() };
}

async function wakeLater(process: ManagedProcess<unknown>, afterMs: number, signal: AbortSignal): Promise<void> {
  await delay(afterMs, undefined, { signal });
  process.kill('SIGCONT');
}

async function until({ run, signal }: Striking, fault: Timed): Promise<void> {
  const { when } = fault;
  if ('afterMs' in when) return await delay(when.afterMs, undefined, { signal });
  const bySent = isBySent(fault);
  for (;;) {
    const input = await look(run, signal);
    if (input !== null && shareOf(input, bySent, run.transactions) >= when.share) return;
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Whether the share is of what was sent (for the simulator, and for profiles, which are read ahead of the transactions), and not of
 * what features has processed (for all else).
 */
function isBySent(fault: Timed): boolean {
  if (fault.kind === 'lock') return fault.table === 'features.profiles';
  if (fault.kind === 'link') return fault.link.startsWith('simulator>');
  return 'target' in fault && fault.target === 'simulator';
}

function shareOf(input: ReconcileInput, bySent: boolean, transactions: number): number {
  const mine = <T extends { readonly topic: string }>(rows: readonly T[]) =>
    rows.filter(({ topic }) => topic === 'transactions-stream');
  const sent = mine(input.logs).reduce((sum, { beginOffset, endOffset }) => sum + Number(endOffset - beginOffset), 0);
  const done = mine(input.features.partitions).reduce((sum, p) => sum + Number(p.nextOffset - p.firstOffset), 0);
  return (bySent ? sent : done) / transactions;
}

/**
 * Resolves with the moment at which the process was seen to be struck at its point, null where the run was over before. One that was
 * stopped there is woken.
 */
async function untilStruck({ run, signal }: Striking, fault: AtPoint): Promise<number | null> {
  let over = false;
  const end = () => {
    over = true;
  };
  run.streaming.then(() => run.drained()).then(end, end);
  const process = processOf(run, fault.target);
  for (;;) {
    if (fault.forMs === undefined ? isKilled(run, fault.target) : await isStopped(process().pid)) break;
    if (over) return null;
    await delay(POLL_MS / 10, undefined, { signal });
  }
  const strikeMs = performance.now();
  if (fault.takenOver) await untilTakenOver(run, signal);
  if (fault.forMs !== undefined) await wakeLater(process(), fault.forMs - (performance.now() - strikeMs), signal);
  return strikeMs;
}

/** Resolves once every partition has gone on without the process that is stopped, or after TAKEN_OVER_WITHIN_MS. */
async function untilTakenOver(run: RunningRun, signal: AbortSignal): Promise<void> {
  const begunMs = performance.now();
  let first: ReconcileInput | null = null;
  while (performance.now() - begunMs < TAKEN_OVER_WITHIN_MS) {
    const now = await look(run, signal);
    first ??= now;
    if (now !== null && first !== null && (isDrained(now) || isBeyond(now, first))) return;
    await delay(POLL_MS, undefined, { signal });
  }
}

function isKilled(run: RunningRun, target: Target): boolean {
  if (target === 'simulator') return run.feed.restarts > 0;
  const { restarts, pid } = processOf(run, target)();
  return restarts > 0 || pid === null;
}

async function isStopped(pid: number | null): Promise<boolean> {
  if (pid === null) return false;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', `${pid}`]).catch(() => ({ stdout: '' }));
  return stdout.startsWith('T');
}

function processOf(run: RunningRun, target: Target): () => ManagedProcess<unknown> {
  return () => {
    const { parts } = run.stack;
    const process =
      target === 'kafka' || target === 'postgres' || target === 'registry'
        ? parts[target]
        : target === 'simulator'
          ? run.feed.process
          : run.engine.processes.get(target);
    if (process === undefined || process === null) throw new Error(`there is no process ${target}`);
    return process as ManagedProcess<unknown>;
  };
}

function watchStream(run: RunningRun): { readonly ended: boolean } {
  const state = { ended: false };
  const end = () => {
    state.ended = true;
  };
  run.streaming.then(end, end);
  return state;
}
