/**
 * One owner of all child processes. Every child leads a process group of its own (a terminal's Ctrl-C reaches only the owner,
 * which stops them in order), is written down with the guardian and in the state directory's lock, and ends with the owner:
 *
 * S1 stop() ends every child, lower ranks first, and resolves when none is left.
 * S2 a child is known to the guardian in the same turn of the event loop in which it was spawned; that it is being spawned, before.
 * S3 after stop() began nothing is spawned any more: a restart in waiting is dropped.
 */
import { type ChildProcess, type SpawnOptions as SpawnOptionsOfNode, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { startGuardian } from './guardian-handle.ts';
import { type GuardedProcess, SPAWN_TOKEN, type StopOrder } from './guardian-protocol.ts';
import type { ManagedProcess, SpawnOptions } from './managed-process.ts';
import { startManagedProcess } from './managed-process.ts';
import { signalGroup, startOf } from './process-identity.ts';
import { lockState } from './state-lock.ts';
import { runTool, type ToolOptions, type ToolResult } from './tool.ts';

export type { Exit, ManagedProcess, ReadyPorts, SpawnOptions } from './managed-process.ts';

export interface Supervisor {
  /** Starts a process that runs until it is stopped or ends. */
  spawnProcess<T>(options: SpawnOptions<T>): ManagedProcess<T>;
  /** Runs a command to its end, as guarded as any other child. */
  runTool(options: ToolOptions): Promise<ToolResult>;
  /** Ends the ranks in order, each child within graceMs (default 10,000), then the guardian, and frees the state directory. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Kills everything at once, for a person who pressed Ctrl-C twice. Does not wait. */
  killAll(): void;
}

/** The part of the supervisor that a child's own module needs. */
export interface Roster {
  /** False once the supervisor stops (S3). */
  readonly open: boolean;
  /** Spawns a child that leads a process group of its own and that no death of its owner, at whatever instant, leaves behind. */
  spawn(command: string, args: readonly string[], options: SpawnOptionsOfNode, order: StopOrder): ChildProcess;
  /** Said once the child has ended. */
  leave(pid: number): void;
}

/** Takes the state directory (see lockState) and starts its guardian. */
export async function createSupervisor(o: {
  readonly stateDir: string;
  readonly log: (line: string) => void;
}): Promise<Supervisor> {
  const lock = await lockState(o.stateDir);
  const guarded = new Map<number, GuardedProcess>();
  const managed = new Set<ManagedProcess<unknown>>();
  let open = true;
  const guardian = startGuardian({ guarded, log: o.log, onReplaced: writeDown });
  writeDown();

  function writeDown(): void {
    if (open) lock.record(guardian.identity(), [...guarded.values()]);
  }

  function enter(process: GuardedProcess): void {
    guarded.set(process.pid, process);
    guardian.add(process);
    writeDown();
  }

  const roster: Roster = {
    get open() {
      return open;
    },
    spawn(command, args, options, order) {
      const token = randomUUID();
      guardian.spawning({ ...order, token });
      const child = spawn(command, args, { ...options, detached: true, env: { ...options.env, [SPAWN_TOKEN]: token } });
      if (child.pid !== undefined) enter({ ...order, pid: child.pid, startedAt: startOf(child.pid) ?? '' });
      return child;
    },
    leave(pid) {
      guarded.delete(pid);
      guardian.remove(pid);
      writeDown();
    },
  };

  async function stopAll(graceMs: number): Promise<void> {
    open = false;
    for (const rank of [0, 1, 2]) {
      const due = [...managed].filter((each) => each.stopRank === rank);
      await Promise.all(due.map((each) => each.stop({ graceMs })));
    }
    killRest();
    await guardian.dismiss();
    lock.release();
  }

  function killRest(): void {
    for (const { pid } of guarded.values()) signalGroup(pid, 'SIGKILL');
  }

  let stopping: Promise<void> | null = null;
  return {
    spawnProcess(options) {
      const child = startManagedProcess(options, roster, o.log);
      managed.add(child as ManagedProcess<unknown>);
      void child.exit.then(() => managed.delete(child as ManagedProcess<unknown>));
      return child;
    },
    runTool: (options) => runTool(options, roster),
    stop(options = {}) {
      stopping ??= stopAll(options.graceMs ?? 10_000);
      return stopping;
    },
    killAll() {
      open = false;
      killRest();
    },
  };
}
