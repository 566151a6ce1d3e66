/** Runs the simulator, which owns `bank.*`, as a process, and reads its last line of JSON. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';
import { runChild } from './child.ts';
import { UsageError } from './usage-error.ts';

/** What the simulator needs of a stack: its addresses and, where the stack is our own, its way to start processes. */
export type SimulatorHost = Pick<Stack, 'stateDir' | 'postgres' | 'kafka' | 'registry'> &
  Partial<Pick<Stack, 'spawnProcess'>>;

export interface SimulatorOptions {
  readonly root: string;
  readonly stack: SimulatorHost;
  readonly args: readonly string[];
  /** Aborted: the simulator is asked to end; a stream then stops after the batch in flight and answers. */
  readonly signal?: AbortSignal;
}

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** What it said last on standard error, where nobody has seen it yet. */
  readonly lastWords: readonly string[];
}

const LAST_WORDS = 12;
const WRONG_USAGE = 2;

/**
 * @returns the JSON object that the command printed last
 * @throws UsageError where it refused its flags; the signal's reason where it was aborted; else Error with its last words
 */
export async function runSimulator<T>({ root, stack, args, signal }: SimulatorOptions): Promise<T> {
  const command = [
    '--disable-warning=TimeoutNegativeWarning',
    join(root, 'services', 'simulator', 'main.ts'),
    ...args,
    '--json',
  ];
  const env = environmentOf(stack);
  const { code, lines, lastWords } = await (stack.spawnProcess === undefined
    ? asChild(command, env, signal)
    : asGuarded(stack, command, env, signal));
  const last = lines.findLast((line) => line.startsWith('{'));
  if (code === 0 && last !== undefined) return JSON.parse(last) as T;
  signal?.throwIfAborted();
  const ending = `the simulator's ${args[0]} ended with ${code === null ? 'a signal' : `code ${code}`}`;
  const message = lastWords.length === 0 ? ending : `${ending}:\n  ${lastWords.join('\n  ')}`;
  throw code === WRONG_USAGE ? new UsageError(message) : new Error(message);
}

function environmentOf(stack: SimulatorHost): Record<string, string | undefined> {
  const { username, password } = stack.kafka.credentials('simulator');
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('PDE_'))),
    PDE_POSTGRES_URL: stack.postgres.url('pde_simulator'),
    PDE_KAFKA_BROKERS: stack.kafka.brokers,
    PDE_KAFKA_USERNAME: username,
    PDE_KAFKA_PASSWORD: password,
    PDE_REGISTRY_URL: stack.registry.url,
  };
}

function logOf(stack: SimulatorHost): string {
  return join(stack.stateDir, 'logs', 'simulator.log');
}

/** On our own stack: it ends with us, in whatever way we end. */
async function asGuarded(
  stack: SimulatorHost,
  args: readonly string[],
  env: Record<string, string | undefined>,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  const lines: string[] = [];
  const logFile = logOf(stack);
  const begin = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = stack.spawnProcess?.({
    name: 'simulator',
    command: process.execPath,
    args,
    env,
    logFile,
    onStdoutLine: (line) => lines.push(line),
  });
  const onAbort = () => void child?.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  const exit = await child?.exit;
  signal?.removeEventListener('abort', onAbort);
  const code = exit?.code ?? null;
  return { code, lines, lastWords: code === 0 ? [] : linesFrom(logFile, begin).slice(-LAST_WORDS) };
}

/** What was appended to a log since it had `begin` bytes; all of it where it was begun anew since. */
function linesFrom(file: string, begin: number): readonly string[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const from = size < begin ? 0 : begin;
    const bytes = Buffer.alloc(size - from);
    readSync(descriptor, bytes, 0, bytes.length, from);
    return bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } finally {
    closeSync(descriptor);
  }
}

/** On a stack that another process owns: what it says on standard error is there for the caller to read. */
async function asChild(
  args: readonly string[],
  env: Record<string, string | undefined>,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  return { ...(await runChild({ args, env, signal })), lastWords: [] };
}
