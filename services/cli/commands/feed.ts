/** `pde import` and `pde simulate`: the simulator on a running engine's stack, or on one brought up for the purpose. */
import { resolve } from 'node:path';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { stackFrom, startStack } from '../../stack/stack.ts';
import { type BankChoice, importArguments, stateDirOf } from '../bank.ts';
import { deploy } from '../deploy.ts';
import { findEngine, readEngineFile } from '../engine-file.ts';
import { runSimulator, type SimulatorHost } from '../simulator.ts';

interface FeedContext {
  readonly root: string;
  readonly stateRoot: string;
  readonly stateDir?: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

interface ImportOptions extends FeedContext {
  readonly json?: boolean;
}

interface Imported {
  readonly bank_id: string;
  readonly imported: boolean;
  readonly customers: number;
  readonly transactions: number;
  /** Malformed lines left out. */
  readonly skipped_lines: number;
}

export function importBerka(
  options: ImportOptions & { readonly data: string; readonly skipBad?: boolean },
): Promise<string> {
  return importBank(options, { kind: 'berka', dataDir: resolve(options.data) }, options.skipBad === true);
}

export function importSynthetic(
  options: ImportOptions & { readonly customers: number; readonly months: number; readonly seed: number },
): Promise<string> {
  const { customers, months, seed } = options;
  return importBank(options, { kind: 'synthetic', customers, months, seed }, false);
}

/** What the simulator's stream answers. */
interface Streamed {
  readonly bank_id: string;
  readonly sent: number;
  readonly profiles: number;
  readonly next_sequence: number;
  readonly end_sequence: number;
}

/** Streams on the engine that is up; flags are the simulator's own. */
export async function simulate(
  options: FeedContext & { readonly flags: readonly string[]; readonly json?: boolean },
): Promise<string> {
  const { engine } = findEngine(options.stateRoot, options.stateDir);
  const named = options.flags.some((flag) => flag === '--bank' || flag.startsWith('--bank='));
  const args = ['stream', ...(named ? [] : ['--bank', engine.bankId]), ...options.flags];
  const { root, signal } = options;
  const streamed = await runSimulator<Streamed>({ root, stack: stackFrom(engine.stack), args, signal });
  if (options.json === true) return JSON.stringify(streamed);
  const { bank_id: bank, sent, profiles, next_sequence: next, end_sequence: end } = streamed;
  const where = next >= end ? 'nothing is left of it' : `it stands at ${next} of ${end}`;
  return `sent ${sent} transactions and ${profiles} profiles of bank ${bank}; ${where}`;
}

async function importBank(options: ImportOptions, bank: BankChoice, skipBad: boolean): Promise<string> {
  const stateDir = options.stateDir ?? stateDirOf(options.stateRoot, bank);
  const args = importArguments(bank, skipBad);
  const imported = await onStack(options, stateDir, (stack) =>
    runSimulator<Imported>({ root: options.root, stack, args, signal: options.signal }),
  );
  if (options.json === true) return JSON.stringify(imported);
  const { bank_id: bankId, customers, transactions, skipped_lines: skipped } = imported;
  const what = imported.imported ? 'imported' : 'already there:';
  const without = skipped === 0 ? '' : `, ${skipped} malformed lines left out`;
  return `${what} bank ${bankId}: ${customers} customers, ${transactions} transactions${without}, in ${stateDir}`;
}

async function onStack<T>(
  options: FeedContext,
  stateDir: string,
  work: (stack: SimulatorHost) => Promise<T>,
): Promise<T> {
  const running = readEngineFile(stateDir);
  if (running !== null) return await work(stackFrom(running.stack));
  const stack = await startStack({
    stateDir,
    log: (line) => process.stderr.write(`${line}\n`),
    signal: options.signal,
  });
  try {
    await deploy(stack, options.root, options.log);
    return await work(stack);
  } finally {
    await stack.stop();
  }
}
