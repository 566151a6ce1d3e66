/**
 * The simulator's stream of a bank as whole-engine runs need it: a process that can be struck, and that goes on from its checkpoint
 * when it was ended before the bank's end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { runSimulator } from '../../services/cli/simulator.ts';
import type { ManagedProcess, SpawnOptions, Stack } from '../../services/stack/stack.ts';

export interface FeedOptions {
  readonly root: string;
  readonly stack: Stack;
  /** The simulator's command and flags. */
  readonly args: readonly string[];
  readonly resumes: boolean;
  /** Told to the first process only, so that an armed crash point strikes once. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Feed {
  /** The process that streams now; null before the first. */
  readonly process: ManagedProcess<unknown> | null;
  /** How often it was started again. */
  readonly restarts: number;
  /** Resolves when the bank is sent (without `resumes`: when the simulator has ended), rejects where that fails. */
  readonly ended: Promise<void>;
}

const ATTEMPTS = 20;
const PAUSE_MS = 250;

export function createFeed(o: FeedOptions): Feed {
  const spawned: ManagedProcess<unknown>[] = [];
  const stack: Stack = {
    ...o.stack,
    spawnProcess<T>(options: SpawnOptions<T>): ManagedProcess<T> {
      const { env } = options;
      const first = spawned.length === 0 && typeof env === 'object';
      const process = o.stack.spawnProcess(first ? { ...options, env: { ...env, ...o.settings } } : options);
      spawned.push(process as ManagedProcess<unknown>);
      return process;
    },
  };
  const ended = stream(o, stack);
  ended.catch(() => {});
  return {
    get process() {
      return spawned.at(-1) ?? null;
    },
    get restarts() {
      return Math.max(0, spawned.length - 1);
    },
    ended,
  };
}

async function stream({ root, args, resumes }: FeedOptions, stack: Stack): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { complete } = await runSimulator<{ complete: boolean }>({ root, stack, args });
      if (complete || !resumes) return;
    } catch (cause) {
      if (!resumes || attempt >= ATTEMPTS) throw cause;
    }
    await delay(PAUSE_MS);
  }
}
