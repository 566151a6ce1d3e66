/** The computation alone, in the process that scores: vectors to assessed scores, with and without explanation. */

import type { Model } from '../../services/scoring/model/load.ts';
import { goldenVectors } from '../../services/scoring/model/shipped.fixture.ts';
import { scoreBatch } from '../../services/scoring/score-batch.ts';

export interface Inference {
  readonly batch: number;
  /** Median of all rounds, microseconds a row. */
  readonly us_a_row: number;
  /** Longest time in which the event loop did not come round: median and longest of all rounds. */
  readonly blocked_p50_ms: number;
  readonly blocked_max_ms: number;
  /** The longest by {@link threadCpuMs}: without what others took of the core meanwhile, but coarser. */
  readonly computed_max_ms: number;
}

const BATCHES = [1, 16, 64, 256, 1_000];
const ROUND_MS = 1_500;

/** Scores batches of golden rows, one after the other. */
export async function measureInference(model: Model): Promise<readonly Inference[]> {
  const rows = goldenVectors(model);
  const results: Inference[] = [];
  for (const batch of BATCHES) {
    const vectors = Array.from({ length: batch }, (_, i) => rows[i % rows.length]!);
    await rounds(model, vectors, ROUND_MS / 3);
    const { spent, blocked, computed } = await rounds(model, vectors, ROUND_MS);
    results.push({
      batch,
      us_a_row: round((median(spent) * 1000) / batch, 2),
      blocked_p50_ms: round(median(blocked), 2),
      blocked_max_ms: round(Math.max(...blocked), 2),
      computed_max_ms: round(Math.max(...computed), 2),
    });
  }
  return results;
}

async function rounds(model: Model, vectors: readonly Float64Array[], ms: number) {
  const spent: number[] = [];
  const blocked: number[] = [];
  const computed: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const watch = watchLoop();
    const start = performance.now();
    await scoreBatch(model, vectors);
    spent.push(performance.now() - start);
    const longest = watch.stop();
    blocked.push(longest.blockedMs);
    computed.push(longest.computedMs);
  }
  return { spent, blocked, computed };
}

/** Comes round with the event loop until it is stopped; answers its longest turn, by the clock and by the thread's processor time. */
function watchLoop() {
  let last = performance.now();
  let lastCpuMs = threadCpuMs();
  const longest = { blockedMs: 0, computedMs: 0 };
  let watching = true;
  const turn = (): void => {
    const now = performance.now();
    const nowCpuMs = threadCpuMs();
    longest.blockedMs = Math.max(longest.blockedMs, now - last);
    longest.computedMs = Math.max(longest.computedMs, nowCpuMs - lastCpuMs);
    last = now;
    lastCpuMs = nowCpuMs;
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      turn();
      watching = false;
      return longest;
    },
  };
}

/** Processor time of this thread so far. Many kernels count it by their tick, 4 ms or so: a turn may be said to be one longer than it was. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that `share` of them are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
