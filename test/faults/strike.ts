/**
 * Strikes the planned faults at a running engine, and measures how long it takes to recover from each: from the strike until every
 * service answers and every partition has processed a record that came after (or, at the stream's end, all there is).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isDrained } from '../../services/cli/observe-engine.ts';
import type { ReconcileInput } from '../../services/cli/reconcile.ts';
import type { ManagedProcess } from '../../services/stack/stack.ts';
import type { RunningRun } from '../support/engine-run.ts';
import type { Target } from './cases.ts';
import { describeFault, type PlannedFault, type PlannedInstant } from './plan.ts';

export interface Struck {
  readonly fault: string;
  /** Seconds since the services were up; null: it never struck, since the run was over before. */
  readonly at_s: number | null;
  readonly recovery_s: number | null;
}

type Timed = Exclude<PlannedFault, { kind: 'point' }>;

const POLL_MS = 100;
const RECOVERY_WITHIN_MS = 150_000;

/** Resolves when all faults have struck (or can strike no more) and the engine has recovered from each. */
export async function strike(
  run: RunningRun,
  plan: readonly PlannedFault[],
  signal: AbortSignal,
): Promise<readonly Struck[]> {
  const begunMs = performance.now();
  const streaming = watchStream(run);
  const measured = async (fault: PlannedFault, strikeMs: number | null): Promise<Struck> => ({
    fault: describeFault(fault),
    at_s: strikeMs === null ? null : (strikeMs - begunMs) / 1000,
    recovery_s: strikeMs === null ? null : await recoverySeconds(run, streaming, strikeMs, signal),
  });
  const timed = plan.filter((fault): fault is Timed => fault.kind !== 'point');
  const armed = plan.filter((fault) => fault.kind === 'point');
  const [atPoints, atInstants] = await Promise.all([
    Promise.all(armed.map(async (fault) => measured(fault, await untilKilled(run, fault.target, signal)))),
    strikeInTurn(run, timed, streaming, measured, signal),
  ]);
  return [...atPoints, ...atInstants];
}

/** What arms the planned crash points, by process. */
export function armedSettings(plan: readonly PlannedFault[]): Readonly<Record<string, Record<string, string>>> {
  const armed = plan.filter((fault) => fault.kind === 'point');
  return Object.fromEntries(armed.map(({ target, point, nth }) => [target, { PDE_CRASH_POINT: `${point}@${nth}` }]));
}

async function strikeInTurn(
  run: RunningRun,
  faults: readonly Timed[],
  streaming: { readonly ended: boolean },
  measured: (fault: PlannedFault, strikeMs: number | null) => Promise<Struck>,
  signal: AbortSignal,
): Promise<readonly Struck[]> {
  const outcomes: Promise<Struck>[] = [];
  const woken: Promise<void>[] = [];
  for (const fault of faults) {
    await until(run, fault.target, fault.when, signal);
    const process = processOf(run, fault.target);
    // Whoever was struck a moment ago may still be down; a simulator that has sent everything stays so.
    while (process().pid === null && !(fault.target === 'simulator' && streaming.ended)) {
      await delay(POLL_MS, undefined, { signal });
    }
    if (process().pid === null) {
      outcomes.push(measured(fault, null));
      continue;
    }
    process().kill(fault.kind === 'pause' ? 'SIGSTOP' : fault.signal);
    if (fault.kind === 'pause') woken.push(wakeLater(process(), fault.forMs, signal));
    outcomes.push(measured(fault, performance.now()));
  }
  await Promise.all(woken);
  return await Promise.all(outcomes);
}

async function wakeLater(process: ManagedProcess<unknown>, afterMs: number, signal: AbortSignal): Promise<void> {
  await delay(afterMs, undefined, { signal });
  process.kill('SIGCONT');
}

async function until(run: RunningRun, target: Target, when: PlannedInstant, signal: AbortSignal): Promise<void> {
  if ('afterMs' in when) return await delay(when.afterMs, undefined, { signal });
  for (;;) {
    const input = await look(run, signal);
    if (input !== null && shareOf(input, target, run.transactions) >= when.share) return;
    await delay(POLL_MS, undefined, { signal });
  }
}

/** Of the bank's transactions, how many are sent (for the simulator) or processed by features (for everyone else). */
function shareOf(input: ReconcileInput, target: Target, transactions: number): number {
  const mine = <T extends { readonly topic: string }>(rows: readonly T[]) =>
    rows.filter(({ topic }) => topic === 'transactions-stream');
  const sent = mine(input.logs).reduce((sum, { beginOffset, endOffset }) => sum + Number(endOffset - beginOffset), 0);
  const done = mine(input.features.partitions).reduce((sum, p) => sum + Number(p.nextOffset - p.firstOffset), 0);
  return (target === 'simulator' ? sent : done) / transactions;
}

/** Resolves with the moment at which the process was seen to be gone, null where the run was over before. */
async function untilKilled(run: RunningRun, target: Target, signal: AbortSignal): Promise<number | null> {
  let over = false;
  const end = () => {
    over = true;
  };
  run.streaming.then(() => run.drained()).then(end, end);
  for (;;) {
    if (wasStartedAgain(run, target)) return performance.now();
    if (target !== 'simulator' && processOf(run, target)().pid === null) return performance.now();
    if (over) return null;
    await delay(POLL_MS / 10, undefined, { signal });
  }
}

function wasStartedAgain(run: RunningRun, target: Target): boolean {
  return (target === 'simulator' ? run.feed.restarts : processOf(run, target)().restarts) > 0;
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

async function recoverySeconds(
  run: RunningRun,
  stream: { readonly ended: boolean },
  strikeMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  let first: ReconcileInput | null = null;
  while (performance.now() - strikeMs < RECOVERY_WITHIN_MS) {
    const streamEnded = stream.ended;
    const now = await look(run, signal);
    first ??= now;
    if (now !== null && first !== null) {
      const drained = streamEnded && isDrained(now);
      if ((drained || isBeyond(now, first)) && (await othersAnswer(run))) return (performance.now() - strikeMs) / 1000;
    }
    await delay(POLL_MS, undefined, { signal });
  }
  return null;
}

/** Whether each partition has processed more than its log held at the first look. */
function isBeyond(now: ReconcileInput, first: ReconcileInput): boolean {
  const positions = [...now.features.partitions, ...now.interventions.partitions];
  return first.logs.every(({ topic, partition, endOffset }) => {
    const reader = positions.find((each) => each.gapless && each.topic === topic && each.partition === partition);
    return reader !== undefined && reader.nextOffset > endOffset;
  });
}

/** The gateway and the registry, which a look at the streams does not pass. */
async function othersAnswer(run: RunningRun): Promise<boolean> {
  const urls = [`${run.engine.addresses.gateway.opsUrl}/readyz`, `${run.stack.registry.url}/apis/ccompat/v7/subjects`];
  const answers = await Promise.all(
    urls.map(async (url) => {
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        await answer.body?.cancel();
        return answer.ok;
      } catch {
        return false;
      }
    }),
  );
  return answers.every(Boolean);
}

/** Null while somebody does not answer. */
async function look(run: RunningRun, signal: AbortSignal): Promise<ReconcileInput | null> {
  signal.throwIfAborted();
  return await run.observer.look(false).catch(() => null);
}
