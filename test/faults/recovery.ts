/**
 * How long it takes to recover from a fault: from the strike until every service answers and every partition has processed a record
 * that came after (or, at the stream's end, all there is).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isDrained } from '../../services/cli/observe-engine.ts';
import type { ReconcileInput } from '../../services/cli/reconcile.ts';
import type { RunningRun } from '../support/engine-run.ts';

export const POLL_MS = 100;

/** Null where it has not recovered in time. */
export async function recoverySeconds(
  run: RunningRun,
  stream: { readonly ended: boolean },
  strikeMs: number,
  withinMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  let first: ReconcileInput | null = null;
  while (performance.now() - strikeMs < withinMs) {
    const streamEnded = stream.ended;
    const now = await look(run, signal);
    first ??= now;
    if (now !== null && first !== null) {
      const drained = streamEnded && isDrained(now);
      if ((drained || isBeyond(now, first)) && (await othersAnswer(run))) return (performance.now() - strikeMs) / 1000;
    }
    await delay(POLL_MS, undefined, { signal });
  }
  return null;
}

/** Whether each partition has processed more than its log held at the first look. */
export function isBeyond(now: ReconcileInput, first: ReconcileInput): boolean {
  const positions = [...now.features.partitions, ...now.interventions.partitions];
  return first.logs.every(({ topic, partition, endOffset }) => {
    const reader = positions.find((each) => each.gapless && each.topic === topic && each.partition === partition);
    return reader !== undefined && reader.nextOffset > endOffset;
  });
}

/** The gateway and the registry, which a look at the streams does not pass. */
async function othersAnswer(run: RunningRun): Promise<boolean> {
  const urls = [`${run.engine.addresses.gateway.opsUrl}/readyz`, `${run.stack.registry.url}/apis/ccompat/v7/subjects`];
  const answers = await Promise.all(
    urls.map(async (url) => {
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        await answer.body?.cancel();
        return answer.ok;
      } catch {
        return false;
      }
    }),
  );
  return answers.every(Boolean);
}

/** Null while somebody does not answer. */
export async function look(run: RunningRun, signal: AbortSignal): Promise<ReconcileInput | null> {
  signal.throwIfAborted();
  return await run.observer.look(false).catch(() => null);
}
