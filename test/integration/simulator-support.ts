import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../services/simulator/main.ts', import.meta.url));
const MIGRATIONS = fileURLToPath(new URL('../../services/simulator/store/migrations', import.meta.url));

export const SIMULATOR_MIGRATIONS = MIGRATIONS;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout as JSON; null where there is none. */
  readonly json: Record<string, unknown> | null;
}

export interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stderr has shown the text. */
  shown(text: string): Promise<void>;
}

/** Runs a command of the simulator as a process of its own, as the command line does. */
export function startSimulator(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
    for (const one of waiting) if (stderr.includes(one.text)) one.resolve();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, json: lastJson(stdout) }));
  });
  return {
    ended,
    kill: (signal) => child.kill(signal),
    shown: (text) => new Promise((resolve) => waiting.push({ text, resolve })),
  };
}

export function runSimulator(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  return startSimulator(args, env).ended;
}

function lastJson(stdout: string): Record<string, unknown> | null {
  const line = stdout
    .trim()
    .split('\n')
    .findLast((one) => one.startsWith('{'));
  return line === undefined ? null : (JSON.parse(line) as Record<string, unknown>);
}
