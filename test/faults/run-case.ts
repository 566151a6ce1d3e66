/** One case under one seed: a whole run of the engine that is struck, and the verdict on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BankChoice } from '../../services/cli/bank.ts';
import type { Stack } from '../../services/stack/stack.ts';
import { type RunOptions, runEngine, type Settings } from '../support/engine-run.ts';
import { type FaultCase, SESSION_TIMEOUT_MS } from './fault.ts';
import { type Baseline, judge, type Published, readPublished, type Verdict } from './judge.ts';
import type { Lab } from './lab.ts';
import { type PlannedFault, planOf } from './plan.ts';
import { armedSettings, type Struck, strike } from './strike.ts';
import { createSurroundings } from './surroundings.ts';

export interface MatrixOptions {
  readonly lab: Lab;
  readonly bank: BankChoice;
  /** Transactions a second; 0 streams flat out. */
  readonly rate: number;
  /** The clone whose services run. Default: this one. */
  readonly root?: string;
  /**
   * What has not recovered from a fault after that long, or is not drained so long after the last, has lost something. Default: 10
   * minutes, for busy machines.
   */
  readonly recoveryWithinMs?: number;
}

export interface CaseResult extends Verdict {
  readonly case: string;
  readonly seed: number;
  readonly faults: readonly Struck[];
  /** The longest of its faults; null where one never struck or was not recovered from. */
  readonly recovery_s: number | null;
  /** By process: how often the stack started it again; null where the run did not end. */
  readonly restarts: Readonly<Record<string, number>> | null;
  readonly seconds: number;
  /** Of the bank. */
  readonly transactions: number;
  /** Everything struck, recovered, and nothing lost, duplicated or different. */
  readonly passed: boolean;
}

/** Small batches and frequent snapshots, so that there is much to interrupt; whoever is gone is missed soon. */
const SETTINGS: Settings = {
  features: {
    PDE_FEATURES_BATCH_MAX: '50',
    PDE_FEATURES_SNAPSHOT_ROWS: '20',
    PDE_FEATURES_SESSION_TIMEOUT_MS: `${SESSION_TIMEOUT_MS}`,
  },
  interventions: {
    PDE_INTERVENTIONS_BATCH_MAX: '50',
    PDE_INTERVENTIONS_SESSION_TIMEOUT_MS: `${SESSION_TIMEOUT_MS}`,
  },
};

/** A case whose faults take longer has failed: something stands still. */
const STRIKES_WITHIN_MS = 20 * 60_000;
const RECOVERY_WITHIN_MS = 10 * 60_000;

/** What a run without faults stores. Throws where even that does not reconcile. */
export async function runWithoutFaults(o: MatrixOptions): Promise<Baseline> {
  const { outcome, published } = await observe(o, { ...common(o), settings: SETTINGS });
  const baseline = { stored: outcome.stored, published };
  const verdict = judge(baseline, outcome, published);
  if (verdict.findings.length > 0) throw new Error(`a run without faults fails:\n  ${verdict.findings.join('\n  ')}`);
  return baseline;
}

/** Never throws for what the engine does: that is in the verdict. @throws NotOfferedError where the machine lacks something */
export async function runCase(
  o: MatrixOptions,
  each: FaultCase,
  seed: number,
  base: Baseline,
  logsDir: string,
): Promise<CaseResult> {
  const begunMs = performance.now();
  const plan = planOf(each, seed);
  const { verdict, faults, restarts } = await runStruck(o, each, plan, base, logsDir);
  const struck = faults.length > 0 && faults.every(({ recovery_s }) => recovery_s !== null);
  const clean = verdict.lost + verdict.duplicated + verdict.differing === 0;
  const passed = struck && clean;
  if (passed) await rm(logsDir, { recursive: true, force: true });
  return {
    case: each.name,
    seed,
    faults,
    recovery_s: struck ? Math.max(...faults.map(({ recovery_s }) => recovery_s ?? 0)) : null,
    restarts,
    seconds: (performance.now() - begunMs) / 1000,
    transactions: base.stored.ledger.length,
    ...verdict,
    passed,
  };
}

async function runStruck(
  o: MatrixOptions,
  { instances }: FaultCase,
  plan: readonly PlannedFault[],
  base: Baseline,
  logsDir: string,
): Promise<{ readonly verdict: Verdict } & Pick<CaseResult, 'faults' | 'restarts'>> {
  const directory = await mkdtemp(join(o.lab.stack.stateDir, 'case-'));
  const surroundings = await createSurroundings(o.lab, directory, plan);
  const over = new AbortController();
  let faults: readonly Struck[] = [];
  let restarts: CaseResult['restarts'] = null;
  try {
    const { outcome, published } = await observe(o, {
      ...common(o),
      settings: (stack) => merged(SETTINGS, armedSettings(plan), surroundings.settings(stack)),
      ...(instances === undefined ? {} : { instances }),
      logsDir,
      disturb: async (run) => {
        surroundings.attach(run);
        const signal = AbortSignal.any([over.signal, AbortSignal.timeout(STRIKES_WITHIN_MS)]);
        faults = await strike(run, plan, surroundings, o.recoveryWithinMs ?? RECOVERY_WITHIN_MS, signal);
        const stuck = faults.filter(({ at_s, recovery_s }) => at_s !== null && recovery_s === null);
        if (stuck.length > 0) throw new Error(`no recovery from ${stuck.map(({ fault }) => fault).join(', ')}`);
      },
    });
    restarts = Object.fromEntries(Object.entries(outcome.restarts).filter(([, count]) => count > 0));
    return { verdict: judge(base, outcome, published), faults, restarts };
  } catch (cause) {
    return { verdict: unfinished(cause), faults, restarts };
  } finally {
    over.abort();
    await surroundings.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function common({
  bank,
  rate,
  root,
  recoveryWithinMs: drainsWithinMs = RECOVERY_WITHIN_MS,
}: MatrixOptions): Pick<RunOptions, 'bank' | 'streamFlags' | 'resumesStream' | 'drainsWithinMs' | 'root'> {
  const streamFlags = ['--batch-size', '100', ...(rate > 0 ? ['--rate', `${rate}`] : [])];
  return { bank, streamFlags, resumesStream: true, drainsWithinMs, ...(root === undefined ? {} : { root }) };
}

/** Later ones on top of earlier ones, process by process. */
function merged(...all: readonly Settings[]): Settings {
  const result: Record<string, Readonly<Record<string, string>>> = {};
  for (const [name, settings] of all.flatMap((each) => Object.entries(each))) {
    result[name] = { ...result[name], ...settings };
  }
  return result;
}

async function observe(o: MatrixOptions, options: RunOptions) {
  const { stack }: { readonly stack: Stack } = o.lab;
  let published: Published = { predictions: new Map(), interventions: new Map() };
  const inspect = async () => {
    published = await readPublished(stack);
  };
  const outcome = await runEngine(stack, { ...options, inspect });
  return { outcome, published };
}

/** A run that did not come to its end has lost something, of which nobody can say how much. */
function unfinished(cause: unknown): Verdict {
  const why = cause instanceof Error && Array.isArray(cause.cause) ? ` ${JSON.stringify(cause.cause)}` : '';
  return { lost: 1, duplicated: 0, differing: 0, findings: [`the run did not end: ${cause}${why}`] };
}
