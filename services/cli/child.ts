/** Runs a program of the repository as a child: its progress goes to standard error, its answer comes back. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { UsageError } from './usage-error.ts';

export interface ChildRun {
  /** Of Node, the program's file first. */
  readonly args: readonly string[];
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Aborted: the program is asked to end. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChildEnd {
  /** Null: a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard output. */
  readonly lines: readonly string[];
}

export function runChild({ args, env = {}, signal }: ChildRun): Promise<ChildEnd> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const onAbort = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', onAbort, { once: true });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', onAbort);
      resolve({ code, lines: output.split('\n') });
    });
  });
}

/** A program below services/, with its flags. */
export interface Program {
  readonly root: string;
  /** For instance scoring/evaluate.ts. */
  readonly file: string;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

/** Exit codes of programs for wrong usage. */
const WRONG_USAGE: readonly (number | null)[] = [2, 64];

/**
 * @returns the JSON object that it printed last
 * @throws UsageError where it refused its flags; the signal's reason where it was aborted; else Error: it has said why
 */
export async function askProgram<T>({ root, file, args, signal }: Program): Promise<T> {
  signal.throwIfAborted();
  const { code, lines } = await runChild({ args: [join(root, 'services', file), ...args], signal });
  const last = lines.findLast((line) => line.startsWith('{'));
  if (code === 0 && last !== undefined) return JSON.parse(last) as T;
  signal.throwIfAborted();
  const ending = `${file} ended with ${code === null ? 'a signal' : `code ${code}`}`;
  throw WRONG_USAGE.includes(code) ? new UsageError(ending) : new Error(ending);
}
