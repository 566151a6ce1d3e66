/**
 * One partition under one ownership (one epoch): what was fetched goes through a bounded queue into batches, and batches go to
 * the handler in order.
 *
 *  1. Only the next expected offset is accepted; anything else is reported to the fetcher and not queued (I1). On a compacted
 *     topic gaps are no loss.
 *  2. Batches form a chain: each begins at the offset where the one before ended, so that the conditional move of the stored
 *     offset (I3) refuses whatever did not follow.
 *  3. One batch is under way, or two where the handler said `proceed`. When one fails, those behind it are aborted, all are
 *     waited for, and all are handed over again in order after a backoff.
 *  4. A FencedError ends the ownership. So does stop(); nothing is handed over afterwards.
 */
import { type Backoff, DEFAULT_BACKOFF, delayMs, pause } from './backoff.ts';
import type { Log } from './log.ts';
import { type ConsumerHandlers, FencedError, type IncomingRecord, type PartitionBatch } from './port.ts';
import { createRecordQueue } from './record-queue.ts';

export interface PartitionWorkerOptions {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: bigint;
  /** The stored position. */
  readonly nextOffset: bigint;
  /** Where the log can be read from; differs from nextOffset only on a compacted topic. Default nextOffset. */
  readonly fetchOffset?: bigint;
  readonly gapless: boolean;
  readonly handlers: ConsumerHandlers;
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
  readonly log: Log;
  readonly now: () => number;
  readonly backoff?: Backoff;
  /** Told when the queue becomes full, and when it has room again. */
  onFull(full: boolean): void;
  /** Told once, when a handler found that another owner moved the position. */
  onFenced(cause: FencedError): void;
}

/** accepted: queued or already seen. mismatch: the fetched offset is not the expected one. */
export type Offered =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'mismatch'; readonly expected: bigint; readonly found: bigint };

export interface PartitionWorker {
  readonly partition: number;
  readonly epoch: bigint;
  /** Offset after the last batch whose handler ended well. */
  readonly position: bigint;
  /** Append time of the oldest record not yet processed, or null. */
  readonly oldestUnreadMs: number | null;
  /** Offset that the next fetched record must have. */
  readonly expected: bigint;
  offer(records: readonly IncomingRecord[]): Offered;
  /** Hands over nothing more; aborts what is under way after `graceMs` and waits for it. */
  stop(graceMs: number): Promise<void>;
}

interface Flight {
  readonly batch: PartitionBatch;
  readonly abort: AbortController;
  proceeded: boolean;
  outcome: 'running' | 'done' | 'failed';
  cause: unknown;
  settled: Promise<void>;
}

const MAX_FLIGHTS = 2;

export function createPartitionWorker(o: PartitionWorkerOptions): PartitionWorker {
  const queue = createRecordQueue(o.queueRecords, o.queueBytes);
  const stopping = new AbortController();
  const redo: PartitionBatch[] = [];
  let flights: Flight[] = [];
  let expected = o.fetchOffset ?? o.nextOffset;
  let chained = o.nextOffset;
  let position = o.nextOffset;
  let failures = 0;
  let wasFull = false;
  let notify = () => {};

  const changed = () => notify();
  const change = () =>
    new Promise<void>((resolve) => {
      notify = resolve;
    });

  function tellFull(): void {
    if (queue.full === wasFull) return;
    wasFull = queue.full;
    o.onFull(wasFull);
  }

  function nextBatch(): PartitionBatch | undefined {
    const again = redo.shift();
    if (again !== undefined) return { ...again, attempt: failures + 1, handedOverMs: o.now() };
    const records = queue.take(o.maxBatchRecords, o.maxBatchBytes);
    tellFull();
    const last = records.at(-1);
    if (last === undefined) return undefined;
    const firstOffset = chained;
    chained = last.offset + 1n;
    return {
      topic: o.topic,
      partition: o.partition,
      epoch: o.epoch,
      firstOffset,
      nextOffset: chained,
      records,
      handedOverMs: o.now(),
      attempt: 1,
    };
  }

  function launch(batch: PartitionBatch): void {
    const flight: Flight = {
      batch,
      abort: new AbortController(),
      proceeded: false,
      outcome: 'running',
      cause: undefined,
      settled: Promise.resolve(),
    };
    const proceed = () => {
      flight.proceeded = true;
      changed();
    };
    flights.push(flight);
    flight.settled = handle(o.handlers, flight, proceed).then(changed);
  }

  function mayLaunch(): boolean {
    if (flights.length === 0) return true;
    return (
      failures === 0 && flights.length < MAX_FLIGHTS && flights.every((f) => f.proceeded && f.outcome !== 'failed')
    );
  }

  function retireDone(): void {
    while (flights[0]?.outcome === 'done') {
      position = flights[0].batch.nextOffset;
      failures = 0;
      flights.shift();
    }
  }

  /** @returns the error if it ends the ownership */
  async function recover(): Promise<FencedError | null> {
    const failed = flights;
    for (const later of failed.slice(1)) later.abort.abort(new Error('an earlier batch of the partition failed'));
    await Promise.all(failed.map((flight) => flight.settled));
    flights = [];
    const cause = failed[0]?.cause;
    if (cause instanceof FencedError) return cause;
    redo.unshift(...failed.map((flight) => flight.batch));
    failures++;
    const { topic, partition } = o;
    if (!stopping.signal.aborted) o.log.warn({ event: 'batch-retried', topic, partition, attempt: failures, cause });
    await pause(delayMs(o.backoff ?? DEFAULT_BACKOFF, failures), stopping.signal);
    return null;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      retireDone();
      if (flights[0]?.outcome === 'failed') {
        const fenced = await recover();
        if (fenced !== null) return o.onFenced(fenced);
        continue;
      }
      const waiting = change();
      const batch = mayLaunch() ? nextBatch() : undefined;
      if (batch === undefined) await waiting;
      else launch(batch);
    }
    await Promise.all(flights.map((flight) => flight.settled));
    retireDone();
  }

  const ended = run();

  return {
    partition: o.partition,
    epoch: o.epoch,
    get position() {
      return position;
    },
    get expected() {
      return expected;
    },
    get oldestUnreadMs() {
      const first = flights[0]?.batch.records[0] ?? redo[0]?.records[0] ?? queue.head;
      return first?.appendMs ?? null;
    },
    offer(records) {
      const fresh = records.filter((record) => record.offset >= expected);
      const [first] = fresh;
      const last = fresh.at(-1);
      if (first === undefined || last === undefined) return mismatch(expected, records[0]?.offset ?? expected);
      if (o.gapless && !isConsecutive(fresh, expected)) return mismatch(expected, first.offset);
      expected = last.offset + 1n;
      queue.push(fresh);
      tellFull();
      changed();
      return { kind: 'accepted' };
    },
    async stop(graceMs) {
      stopping.abort();
      changed();
      const grace = setTimeout(() => abortAll(flights), graceMs);
      if (graceMs <= 0) abortAll(flights);
      await ended;
      clearTimeout(grace);
    },
  };
}

async function handle(handlers: ConsumerHandlers, flight: Flight, proceed: () => void): Promise<void> {
  try {
    await handlers.onBatch(flight.batch, flight.abort.signal, proceed);
    flight.outcome = 'done';
  } catch (cause) {
    flight.outcome = 'failed';
    flight.cause = cause;
  }
}

function mismatch(expected: bigint, found: bigint): Offered {
  return { kind: 'mismatch', expected, found };
}

function isConsecutive(records: readonly IncomingRecord[], from: bigint): boolean {
  return records.every((record, index) => record.offset === from + BigInt(index));
}

function abortAll(flights: readonly Flight[]): void {
  for (const flight of flights) flight.abort.abort(new Error('the ownership of the partition has ended'));
}
