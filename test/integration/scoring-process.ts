/** Scoring as a process, as it runs: its environment, its ready line, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './scoring-support.ts';

export interface ScoringProcess {
  /** http://127.0.0.1:port of the RPC server. */
  readonly url: string;
  /** http://127.0.0.1:port of health and metrics. */
  readonly opsUrl: string;
  /** SIGTERM, and the exit code that follows. */
  stop(): Promise<number | null>;
  /** Resolves when it has ended by itself. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Starts it and waits until it is ready. Throws with its last lines if it ends before. */
export async function startScoring(env: Readonly<Record<string, string>>): Promise<ScoringProcess> {
  const child = spawnScoring(env);
  const lines: string[] = [];
  const exited = exitOf(child);
  const ready = await Promise.race([
    readyLine(child, lines),
    exited.then(({ code }) => {
      throw new Error(`scoring ended with ${code} before it was ready: ${lines.slice(-3).join('\n')}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${ready.rpcPort}`,
    opsUrl: `http://127.0.0.1:${ready.opsPort}`,
    exited,
    async stop() {
      child.kill('SIGTERM');
      return (await exited).code;
    },
  };
}

/** Starts it and answers its exit code and everything it said. */
export async function runToExit(env: Readonly<Record<string, string>>): Promise<{ code: number | null; said: string }> {
  const child = spawnScoring(env);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const { code } = await exitOf(child);
  return { code, said };
}

function spawnScoring(env: Readonly<Record<string, string>>): ChildProcess {
  const main = join(ROOT, 'services', 'scoring', 'main.ts');
  return spawn(process.execPath, [main], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function exitOf(child: ChildProcess) {
  const [code, signal] = await once(child, 'close');
  return { code: code as number | null, signal: signal as string | null };
}

interface Ports {
  readonly rpcPort: number;
  readonly opsPort: number;
}

async function readyLine(child: ChildProcess, lines: string[]): Promise<Ports> {
  child.stderr?.on('data', (chunk) => lines.push(String(chunk)));
  const { promise, resolve } = Promise.withResolvers<Ports>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    const { event, rpcPort, opsPort }: { event?: string } & Partial<Ports> = JSON.parse(line);
    if (event === 'ready' && rpcPort !== undefined && opsPort !== undefined) resolve({ rpcPort, opsPort });
  });
  return await promise;
}
