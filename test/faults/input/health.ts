/** What the services' processes are like while the corpus comes: alive, and how much memory they hold. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SERVICES, type ServiceName } from '../../../services/cli/engine.ts';
import type { RunningRun } from '../../support/engine-run.ts';

export interface Watch {
  /** Answers of /livez that were not 200, by service. */
  readonly unwell: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const EVERY_MS = 500;

/** Asks every service again and again whether it is alive. */
export function watchLiveness(run: RunningRun): Watch {
  const unwell: Record<string, number> = {};
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(SERVICES.map((service) => ask(run, service, unwell)));
      await delay(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    unwell,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function ask(run: RunningRun, service: ServiceName, unwell: Record<string, number>): Promise<void> {
  const answer = await fetch(`${run.engine.addresses[service].opsUrl}/livez`).catch(() => null);
  await answer?.body?.cancel();
  if (answer?.status !== 200) unwell[service] = (unwell[service] ?? 0) + 1;
}

/** Services that consume, by megabytes of memory that is theirs now (Linux's VmRSS). */
export type Memory = Readonly<Record<'features' | 'interventions', number>>;

export function memoryOf(run: RunningRun): Memory {
  return { features: residentMb(run, 'features'), interventions: residentMb(run, 'interventions') };
}

function residentMb(run: RunningRun, service: ServiceName): number {
  const pid = run.engine.processes.get(service)?.pid;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024);
}
