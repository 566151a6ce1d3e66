/**
 * `pde start` (`npm start`): the main job. Brings the stack up, deploys, makes the bank if there is none, starts the services,
 * streams the bank through them, drains, reconciles, and says what was found. Then it stays up, or ends with --once.
 *
 * The stream has two stretches: flat out, and the last `measuredSeconds` at a fixed rate, in which the end-to-end latency is
 * measured from each transaction's scheduled send (flat out it would only show the backlog).
 */
import type { Logger } from '../../platform/telemetry/logger.ts';
import { type Stack, startStack } from '../../stack/stack.ts';
import { type ApiKeys, ensureApiKeys } from '../api-keys.ts';
import { type BankChoice, bankName, importArguments, stateDirOf } from '../bank.ts';
import { deploy } from '../deploy.ts';
import { type ServiceName, startEngine } from '../engine.ts';
import { type EngineFile, engineFileOf, removeEngineFile, writeEngineFile } from '../engine-file.ts';
import { createEngineObserver } from '../observe-engine.ts';
import { createProgress, type Progress } from '../progress.ts';
import { resultOf } from '../result.ts';
import { runSimulator } from '../simulator.ts';
import { type StreamReport, streamBank } from '../stream-bank.ts';
import { addressText, readFindings, summaryText } from '../summary.ts';

export interface StartOptions {
  readonly root: string;
  readonly bank: BankChoice;
  /** Folder of all states; the bank's own is below it unless stateDir names one. */
  readonly stateRoot: string;
  readonly stateDir?: string;
  readonly once: boolean;
  readonly json: boolean;
  /** Import a file with malformed lines without them. */
  readonly skipBad: boolean;
  /** Transactions a second in the measured stretch. */
  readonly rate: number;
  readonly measuredSeconds: number;
  readonly instances: Partial<Record<ServiceName, number>>;
  /** Settings of single services or instances, for instance {"features": {"PDE_FEATURES_BATCH_MAX": "1"}}. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What the simulator's import answers. */
interface Imported {
  readonly bank_id: string;
  readonly transactions: number;
}

/** @returns the exit code: 0, or 1 where something did not reconcile */
export async function start(options: StartOptions): Promise<number> {
  const startedMs = performance.now();
  const progress = createProgress(process.stderr, () => performance.now());
  const stateDir = options.stateDir ?? stateDirOf(options.stateRoot, options.bank);
  progress.step(`bank: ${bankName(options.bank)}; state in ${stateDir}`);
  const stack = await startStack({ stateDir, log: (line) => progress.step(line), signal: options.signal });
  try {
    const keys = ensureApiKeys(stateDir);
    await deploy(stack, options.root, options.log);
    progress.step('tables, topics, rights and schemas are those of the contract');
    const [imported, engine] = await unlessAborted(
      options.signal,
      Promise.all([importBank(options, stack, progress), startEngine({ ...options, stateDir, stack, keys })]),
    );
    progress.step('features, scoring, interventions and gateway are ready');
    const file = engineFileOf(options.bank, imported.bank_id, stack, engine);
    writeEngineFile(stateDir, file);
    const report = await observed(options, file, keys, (observer) =>
      streamBank({ ...options, stack, engine, observer, progress, imported }),
    );
    return await conclude(options, file, keys, report, startedMs);
  } finally {
    removeEngineFile(stateDir);
    progress.step('stopping');
    await stack.stop();
  }
}

async function observed<T>(
  options: StartOptions,
  file: EngineFile,
  keys: ApiKeys,
  work: (observer: ReturnType<typeof createEngineObserver>) => Promise<T>,
): Promise<T> {
  const observer = createEngineObserver(file, keys.keys.operator, options.log);
  try {
    return await work(observer);
  } finally {
    await observer.close();
  }
}

async function importBank(options: StartOptions, stack: Stack, progress: Progress): Promise<Imported> {
  const { bank, root, signal } = options;
  const args = importArguments(bank, options.skipBad);
  const imported = await runSimulator<Imported>({ root, stack, args, signal });
  progress.step(`the bank holds ${imported.transactions.toLocaleString('en')} transactions`);
  return imported;
}

async function conclude(
  options: StartOptions,
  file: EngineFile,
  keys: ApiKeys,
  report: StreamReport,
  startedMs: number,
): Promise<number> {
  const result = resultOf(bankName(options.bank), report, (performance.now() - startedMs) / 1000);
  const { client } = keys.keys;
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (!options.json || !options.once) {
    const findings = await readFindings(file.gatewayUrl, client);
    if (!options.json) process.stdout.write(summaryText(result, findings));
    const out = options.json ? process.stderr : process.stdout;
    if (!options.once) out.write(addressText(file.gatewayUrl, client, findings.examples[0]?.customer_id ?? null));
  }
  if (!options.once) await untilAborted(options.signal);
  return result.reconciled ? 0 : 1;
}

/** Rejects as soon as the signal aborts; what is under way then ends with the stack. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const stayUp = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(stayUp);
      resolve();
    });
  });
}
