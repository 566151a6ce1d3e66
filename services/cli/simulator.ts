/** Runs the simulator, which owns `bank.*`, as a process, and reads its last line of JSON. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';

/** What the simulator needs of a stack: its addresses and, where the stack is our own, its way to start processes. */
export type SimulatorHost = Pick<Stack, 'stateDir' | 'postgres' | 'kafka' | 'registry'> &
  Partial<Pick<Stack, 'spawnProcess'>>;

export interface SimulatorOptions {
  readonly root: string;
  readonly stack: SimulatorHost;
  readonly args: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/**
 * @returns the JSON object that the command printed last
 * @throws Error with where to read more, where it failed
 */
export async function runSimulator<T>({ root, stack, args }: SimulatorOptions): Promise<T> {
  const command = [
    '--disable-warning=TimeoutNegativeWarning',
    join(root, 'services', 'simulator', 'main.ts'),
    ...args,
    '--json',
  ];
  const env = environmentOf(stack);
  const { code, lines } = await (stack.spawnProcess === undefined
    ? asChild(command, env)
    : asGuarded(stack, command, env));
  const last = lines.findLast((line) => line.startsWith('{'));
  if (code === 0 && last !== undefined) return JSON.parse(last) as T;
  const log = stack.spawnProcess === undefined ? '' : `; its log: ${logOf(stack)}`;
  throw new Error(`simulator ${args.join(' ')} ended with ${code ?? 'a signal'}${log}`);
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
): Promise<Ended> {
  const lines: string[] = [];
  const child = stack.spawnProcess?.({
    name: 'simulator',
    command: process.execPath,
    args,
    env,
    logFile: logOf(stack),
    onStdoutLine: (line) => lines.push(line),
  });
  const exit = await child?.exit;
  return { code: exit?.code ?? null, lines };
}

/** On a stack that another process owns: its progress is ours to show. */
function asChild(args: readonly string[], env: Record<string, string | undefined>): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: output.split('\n') }));
  });
}
