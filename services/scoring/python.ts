/** The Python environment of training and of benchmarks against XGBoost: pinned, of its own, never used by the engine itself. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
/** What is fitted in Python, and how. */
export const TRAINING = join(ROOT, 'models', 'training');
const VENV = join(TRAINING, '.venv');
/** Its interpreter; there once {@link makeEnvironment} has run. */
export const PYTHON = join(VENV, 'bin', 'python');

/** Threads are one everywhere: sums in another order are other bits, and a thread more is another benchmark. */
export const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONHASHSEED: '0' };

/** Makes the environment anew whenever the pinned list changes. Throws {@link EnvironmentError}. */
export function makeEnvironment(): void {
  const requirements = join(TRAINING, 'requirements.txt');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const mark = join(VENV, 'requirements.sha256');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  step('python3', ['-m', 'venv', '--clear', VENV]);
  step(PYTHON, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements]);
  writeFileSync(mark, wanted);
}

/** A step that could not be started, or has failed and said why itself. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Standard output is the caller's: a step's goes to standard error. */
function step(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  throw new EnvironmentError(`${command}: ${error?.message ?? `ended with ${status}`}`, status ?? 1);
}
