/** One case under one seed: a whole run of the engine that is struck, and the verdict on it. */
import { rm } from 'node:fs/promises';
import type { BankChoice } from '../../services/cli/bank.ts';
import type { Stack } from '../../services/stack/stack.ts';
import { type RunOptions, runEngine, type StoredRows } from '../support/engine-run.ts';
import { type FaultCase, SESSION_TIMEOUT_MS } from './cases.ts';
import { judge, type Published, readPublished, type Verdict } from './judge.ts';
import { planOf } from './plan.ts';
import { armedSettings, type Struck, strike } from './strike.ts';

export interface MatrixOptions {
  readonly stack: Stack;
  readonly bank: BankChoice;
  /** Transactions a second; 0 streams flat out. */
  readonly rate: number;
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
  /** Everything struck, recovered, and nothing lost, duplicated or different. */
  readonly passed: boolean;
}

/** Small batches and frequent snapshots, so that there is much to interrupt; whoever is gone is missed soon. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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
const STRIKES_WITHIN_MS = 15 * 60_000;

/** What a run without faults stores. Throws where even that does not reconcile. */
export async function runWithoutFaults(o: MatrixOptions): Promise<StoredRows> {
  const { outcome, published } = await observe(o, { ...common(o, []) });
  const verdict = judge(outcome.stored, outcome, published);
  if (verdict.findings.length > 0) throw new Error(`a run without faults fails:\n  ${verdict.findings.join('\n  ')}`);
  return outcome.stored;
}

/** Never throws for what the engine does: that is in the verdict. */
export async function runCase(
  o: MatrixOptions,
  each: FaultCase,
  seed: number,
  base: StoredRows,
  logsDir: string,
): Promise<CaseResult> {
  const begunMs = performance.now();
  const plan = planOf(each, seed);
  let faults: readonly Struck[] = [];
  let restarts: CaseResult['restarts'] = null;
  const over = new AbortController();
  const verdict = await observe(o, {
    ...common(o, Object.entries(armedSettings(plan))),
    ...(each.instances === undefined ? {} : { instances: each.instances }),
    logsDir,
    disturb: async (run) => {
      faults = await strike(run, plan, AbortSignal.any([over.signal, AbortSignal.timeout(STRIKES_WITHIN_MS)]));
    },
  })
    .then(({ outcome, published }) => {
      restarts = Object.fromEntries(Object.entries(outcome.restarts).filter(([, count]) => count > 0));
      return judge(base, outcome, published);
    })
    .catch(unfinished)
    .finally(() => over.abort());
  const struck = faults.length > 0 && faults.every(({ recovery_s: each }) => each !== null);
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
    ...verdict,
    passed,
  };
}

function common(o: MatrixOptions, armed: readonly (readonly [string, Readonly<Record<string, string>>])[]): RunOptions {
  const settings: Record<string, Readonly<Record<string, string>>> = { ...SETTINGS };
  for (const [target, more] of armed) settings[target] = { ...settings[target], ...more };
  const streamFlags = ['--batch-size', '100', ...(o.rate > 0 ? ['--rate', `${o.rate}`] : [])];
  return { bank: o.bank, settings, streamFlags, resumesStream: true };
}

async function observe(o: MatrixOptions, options: RunOptions) {
  let published: Published = { predictions: new Set(), interventions: new Set() };
  const inspect = async () => {
    published = await readPublished(o.stack);
  };
  const outcome = await runEngine(o.stack, { ...options, inspect });
  return { outcome, published };
}

/** A run that did not come to its end has lost something, of which nobody can say how much. */
function unfinished(cause: unknown): Verdict {
  const why = cause instanceof Error && Array.isArray(cause.cause) ? ` ${JSON.stringify(cause.cause)}` : '';
  return { lost: 1, duplicated: 0, differing: 0, findings: [`the run did not end: ${cause}${why}`] };
}
