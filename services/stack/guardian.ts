/**
 * The guardian: a small process in a session of its own that outlives its owner just long enough to stop what the owner
 * started. The owner holds the other end of standard input; when that closes without `dismiss` (SIGKILL, crash, process.exit)
 * every process written down is stopped in order, and killed after the grace.
 * It verifies each pid by its start time, so that a number given to another process since is left alone.
 */
import { createInterface } from 'node:readline';
import { endProcesses } from './end-processes.ts';
import type { GuardedProcess, GuardianMessage } from './guardian-protocol.ts';

const GRACE_MS = 4_000;

const guarded = new Map<number, GuardedProcess>();
// Not for us: the owner decides; a terminal's Ctrl-C does not reach this session, a broad kill might.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) receive(JSON.parse(line) as GuardianMessage);
await endProcesses([...guarded.values()], GRACE_MS);
process.exit(0);

function receive(message: GuardianMessage): void {
  switch (message.kind) {
    case 'add':
      guarded.set(message.process.pid, message.process);
      return;
    case 'remove':
      guarded.delete(message.pid);
      return;
    case 'dismiss':
      process.exit(0);
  }
}
