/**
 * Where a running engine can be reached: written by `pde start` into its state directory, for its owner's eyes only, and read by
 * every other command.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack, StackFacts } from '../stack/stack.ts';
import type { BankChoice } from './bank.ts';
import type { Engine } from './engine.ts';

export interface EngineFile {
  readonly bank: BankChoice;
  /** Its id in bank.*. */
  readonly bankId: string;
  /** The owner of all child processes. */
  readonly pid: number;
  readonly startedMs: number;
  readonly gatewayUrl: string;
  readonly rpc: { readonly features: string; readonly scoring: string; readonly interventions: string };
  readonly ops: {
    readonly features: string;
    readonly scoring: string;
    readonly interventions: string;
    readonly gateway: string;
  };
  /** The stack below it, for stackFrom. */
  readonly stack: StackFacts;
}

const NAME = 'engine.json';

/** What others need to know of an engine that this process started. */
export function engineFileOf(bank: BankChoice, bankId: string, stack: Stack, { addresses }: Engine): EngineFile {
  const { features, scoring, interventions, gateway } = addresses;
  return {
    bank,
    bankId,
    pid: process.pid,
    startedMs: Date.now(),
    gatewayUrl: gateway.rpcUrl,
    rpc: { features: features.rpcUrl, scoring: scoring.rpcUrl, interventions: interventions.rpcUrl },
    ops: {
      features: features.opsUrl,
      scoring: scoring.opsUrl,
      interventions: interventions.opsUrl,
      gateway: gateway.opsUrl,
    },
    stack: stack.facts,
  };
}

export function writeEngineFile(stateDir: string, engine: EngineFile): void {
  writeFileSync(join(stateDir, NAME), `${JSON.stringify(engine, null, 2)}\n`, { mode: 0o600 });
}

export function removeEngineFile(stateDir: string): void {
  rmSync(join(stateDir, NAME), { force: true });
}

/** The engine that runs on this state directory, or null. */
export function readEngineFile(stateDir: string): EngineFile | null {
  const path = join(stateDir, NAME);
  if (!existsSync(path)) return null;
  const engine = JSON.parse(readFileSync(path, 'utf8')) as EngineFile;
  return isAlive(engine.pid) ? engine : null;
}

export interface RunningEngine {
  readonly stateDir: string;
  readonly engine: EngineFile;
}

/**
 * The engine that a command speaks to: the one of `stateDir`, else the one started last below `root`.
 *
 * @throws Error in one line where there is none.
 */
export function findEngine(root: string, stateDir: string | undefined): RunningEngine {
  const folders = stateDir === undefined ? foldersBelow(root) : [stateDir];
  const running = folders.flatMap((folder) => {
    const engine = readEngineFile(folder);
    return engine === null ? [] : [{ stateDir: folder, engine }];
  });
  const latest = running.sort((a, b) => b.engine.startedMs - a.engine.startedMs)[0];
  if (latest === undefined) {
    throw new Error(`no engine is running in ${stateDir ?? root}: start one with npm start, and leave it up`);
  }
  return latest;
}

function foldersBelow(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
