/**
 * Ends processes that are nobody's children any more: their owner died, so nothing reports their exit and only looking tells.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardedProcess } from './guardian-protocol.ts';
import { isAlive, signalGroup, signalProcess } from './process-identity.ts';

const LOOK_EVERY_MS = 20;

/**
 * Asks rank by rank each process to end by its own signal, and kills whole groups with SIGKILL once graceMs is over.
 * Resolves when none is left.
 */
export async function endProcesses(processes: readonly GuardedProcess[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  const ranks = [...new Set(processes.map((p) => p.stopRank))].sort((a, b) => a - b);
  for (const rank of ranks) {
    await endRank(
      processes.filter((p) => p.stopRank === rank),
      deadline,
    );
  }
}

async function endRank(listed: readonly GuardedProcess[], deadline: number): Promise<void> {
  const processes = listed.filter((each) => signalProcess(each, each.stopSignal));
  while (processes.some(isAlive) && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  for (const each of processes) signalGroup(each.pid, 'SIGKILL');
  while (processes.some(isAlive)) await delay(LOOK_EVERY_MS);
}
