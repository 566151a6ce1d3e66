/**
 * The guardian: a small process in a session of its own that outlives its owner just long enough to stop what the owner
 * started. The owner holds the other end of standard input; when that closes without `dismiss` (SIGKILL, crash, process.exit)
 * every process written down is stopped in order, and killed after the grace; also the one that was just being spawned.
 * It verifies each pid by its start time, so that a number given to another process since is left alone.
 */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcesses } from './end-processes.ts';
import { type AnnouncedProcess, type GuardedProcess, type GuardianMessage, SPAWN_TOKEN } from './guardian-protocol.ts';
import { findByVariable } from './process-identity.ts';

const GRACE_MS = 4_000;
// A child that was forked becomes the program, with its token, within milliseconds.
const SPAWNED_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

const guarded = new Map<number, GuardedProcess>();
let spawning: AnnouncedProcess | null = null;
// Not for us: the owner decides; a terminal's Ctrl-C does not reach this session, a broad kill might.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) receive(JSON.parse(line) as GuardianMessage);
if (spawning !== null) await findSpawned(spawning);
await endProcesses([...guarded.values()], GRACE_MS);
process.exit(0);

function receive(message: GuardianMessage): void {
  switch (message.kind) {
    case 'spawning':
      spawning = message.process;
      return;
    case 'add':
      spawning = null;
      guarded.set(message.process.pid, message.process);
      return;
    case 'remove':
      guarded.delete(message.pid);
      return;
    case 'dismiss':
      process.exit(0);
  }
}

async function findSpawned({ token, ...order }: AnnouncedProcess): Promise<void> {
  const deadline = performance.now() + SPAWNED_WITHIN_MS;
  let found = findByVariable(SPAWN_TOKEN, token);
  while (found.length === 0 && performance.now() < deadline) {
    await delay(LOOK_EVERY_MS);
    found = findByVariable(SPAWN_TOKEN, token);
  }
  for (const identity of found) guarded.set(identity.pid, { ...identity, ...order });
}
