/** The owner's end of its guardian: starts it, tells it what runs, replaces it should it die, and dismisses it at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type AnnouncedProcess, type GuardedProcess, type GuardianMessage, guardianLine } from './guardian-protocol.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

export interface GuardianHandle {
  identity(): ProcessIdentity | null;
  /** Said before a child is spawned; add() follows in the same turn. */
  spawning(process: AnnouncedProcess): void;
  add(process: GuardedProcess): void;
  remove(pid: number): void;
  /** Tells it that all is done; resolves when it has ended. */
  dismiss(): Promise<void>;
}

/**
 * Starts a guardian, in a session of its own: a terminal's Ctrl-C does not reach it. `guarded` is read whenever another has to be
 * started; `onReplaced` follows that.
 */
export function startGuardian(o: {
  readonly guarded: ReadonlyMap<number, GuardedProcess>;
  readonly log: (line: string) => void;
  readonly onReplaced: () => void;
}): GuardianHandle {
  let dismissed = false;
  let guardian = launch();

  function launch(): ChildProcess {
    const script = fileURLToPath(new URL('./guardian.ts', import.meta.url));
    const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
    child.stdin?.on('error', () => {});
    child.on('error', (cause) => o.log(`the guardian did not start: ${cause.message}`));
    child.on('exit', replace);
    // It must not keep its owner alive.
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    for (const each of o.guarded.values()) child.stdin?.write(guardianLine({ kind: 'add', process: each }));
    return child;
  }

  function replace(): void {
    if (dismissed) return;
    o.log('the guardian ended by itself; starting another');
    guardian = launch();
    o.onReplaced();
  }

  const tell = (message: GuardianMessage) => void guardian.stdin?.write(guardianLine(message));
  return {
    identity: () => (guardian.pid === undefined ? null : identify(guardian.pid)),
    spawning: (process) => tell({ kind: 'spawning', process }),
    add: (process) => tell({ kind: 'add', process }),
    remove: (pid) => tell({ kind: 'remove', pid }),
    dismiss() {
      dismissed = true;
      return new Promise((resolve) => {
        if (guardian.exitCode !== null || guardian.signalCode !== null) return resolve();
        guardian.ref();
        guardian.once('exit', () => resolve());
        guardian.stdin?.end(guardianLine({ kind: 'dismiss' }));
      });
    },
  };
}
