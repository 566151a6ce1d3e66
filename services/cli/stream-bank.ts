/**
 * Streams a bank through a running engine in two stretches: flat out, and the last of it at a fixed rate, in which the end-to-end
 * latency is measured from each transaction's scheduled send to after its decision's commit returned. Then it waits until
 * everything is processed and published, and reconciles.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';
import { bankPosition } from './acknowledged.ts';
import type { Engine } from './engine.ts';
import { type Latency, latencyOf, readDistribution, since } from './latency.ts';
import { type EngineObserver, isDrained } from './observe-engine.ts';
import type { Progress } from './progress.ts';
import { createRate, type Rate } from './rate.ts';
import { type ReconcileInput, type Reconciliation, reconcile, storedSet, totals } from './reconcile.ts';
import { runSimulator } from './simulator.ts';

export interface StreamBankOptions {
  readonly root: string;
  readonly stack: Stack;
  readonly engine: Engine;
  readonly observer: EngineObserver;
  readonly progress: Progress;
  readonly imported: { readonly bank_id: string; readonly transactions: number };
  /** Transactions a second in the measured stretch. */
  readonly rate: number;
  readonly measuredSeconds: number;
  readonly signal: AbortSignal;
}

export interface StreamReport {
  readonly input: ReconcileInput;
  readonly reconciliation: Reconciliation;
  /** Null where nothing was left for a measured stretch. */
  readonly latency: Latency | null;
  readonly rate: number;
  /** From the first send of the flat-out stretch until it was drained, transactions a second; null where it was empty. */
  readonly transactionsPerSecond: number | null;
}

/** What the simulator's stream answers. */
interface Streamed {
  readonly sent: number;
}

const POLL_MS = 250;
const STALL_MS = 120_000;
const RATE_WINDOW_MS = 3_000;

export async function streamBank(options: StreamBankOptions): Promise<StreamReport> {
  const { imported, rate, measuredSeconds } = options;
  const before = await bankPosition(options.root, options.stack, imported.bank_id);
  const remaining = imported.transactions - before.streamed;
  if (remaining <= 0) options.progress.step('nothing is left to stream: the whole bank went through before');
  const measured = Math.max(0, Math.min(remaining, Math.round(rate * measuredSeconds)));
  const transactionsPerSecond = await flatOut(options, remaining - measured);
  const { opsUrl } = options.engine.addresses.interventions;
  const measuredBefore = await readDistribution(opsUrl);
  if (measured > 0) {
    options.progress.step(`measured stretch: ${grouped(measured)} transactions at ${rate} a second`);
    await streamAndDrain(options, ['--total', `${measured}`, '--rate', `${rate}`, '--measure']);
  }
  const latency = latencyOf(since(measuredBefore, await readDistribution(opsUrl)));
  const { acknowledged } = await bankPosition(options.root, options.stack, imported.bank_id);
  const input = await options.observer.look(true, acknowledged);
  return { input, reconciliation: reconcile(input), latency, rate, transactionsPerSecond };
}

async function flatOut(options: StreamBankOptions, count: number): Promise<number | null> {
  if (count <= 0) return null;
  options.progress.step(`streaming ${grouped(count)} transactions`);
  const startedMs = performance.now();
  const { sent } = await streamAndDrain(options, ['--total', `${count}`]);
  return sent / ((performance.now() - startedMs) / 1000);
}

async function streamAndDrain(options: StreamBankOptions, flags: readonly string[]): Promise<Streamed> {
  const { root, stack, imported, signal } = options;
  const args = ['stream', '--bank', imported.bank_id, ...flags];
  const streaming = runSimulator<Streamed>({ root, stack, args, signal });
  const [streamed] = await Promise.all([streaming, drained(options, streaming)]);
  return streamed;
}

/** Resolves once the stream has ended and the engine has caught up with it; rejects where it makes no progress any more. */
async function drained(options: StreamBankOptions, streaming: Promise<unknown>): Promise<void> {
  let ended = false;
  const end = streaming.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  const rate = createRate(RATE_WINDOW_MS);
  let last = { processed: -1n, atMs: performance.now() };
  for (;;) {
    options.signal.throwIfAborted();
    const endedBefore = ended;
    const nowMs = performance.now();
    const input = await lookOrNull(options.observer, nowMs - last.atMs);
    if (input === null) {
      await delay(POLL_MS);
      continue;
    }
    const processed = processedOf(input);
    options.progress.update(progressText(input, rate, nowMs));
    if (endedBefore && isDrained(input)) break;
    if (processed !== last.processed) last = { processed, atMs: nowMs };
    else if (endedBefore && nowMs - last.atMs > STALL_MS) {
      throw new Error(`the engine made no progress for ${STALL_MS / 1000} s; its logs: ${options.stack.stateDir}/logs`);
    }
    await Promise.race([delay(POLL_MS), ended ? delay(POLL_MS) : end]);
  }
  options.progress.done();
}

/** Null while a service is away: it is started again. Rejects with what it met once that has lasted too long. */
async function lookOrNull(observer: EngineObserver, calmMs: number): Promise<ReconcileInput | null> {
  try {
    return await observer.look(false);
  } catch (cause) {
    if (calmMs > STALL_MS) throw cause;
    return null;
  }
}

function processedOf(input: ReconcileInput): bigint {
  const partitions = [...input.features.partitions, ...input.interventions.partitions];
  return partitions.reduce((total, partition) => total + partition.nextOffset - partition.firstOffset, 0n);
}

function progressText(input: ReconcileInput, rate: Rate, nowMs: number): string {
  const { accepted, duplicates, deadLetters } = totals(input.features, 'transactions-stream');
  const inLog = input.logs
    .filter(({ topic }) => topic === 'transactions-stream')
    .reduce((total, { beginOffset, endOffset }) => total + endOffset - beginOffset, 0n);
  const done = accepted + duplicates + deadLetters;
  const scored = storedSet(input.scoring, 'predictions').count;
  const decided = totals(input.interventions, 'predictions-stream').accepted;
  const perSecond = Math.round(rate(Number(done), nowMs));
  const [all, lag, scores, decisions, dead] = [done, inLog - done, scored, decided, deadLetters].map(grouped);
  return `${all} processed (${grouped(perSecond)}/s), lag ${lag}, ${scores} scored, ${decisions} decided, ${dead} dead`;
}

function grouped(count: bigint | number): string {
  return count.toLocaleString('en');
}
