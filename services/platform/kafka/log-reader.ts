/**
 * Reads a whole topic in every instance, for what all of them must know (customer profiles): each has a group of its own, which
 * goes with it. Positions are the caller's; the group's offsets mean nothing.
 *
 *  - Records of a partition reach the handler in order, one batch at a time; an error is retried with backoff until close().
 *  - caughtUp() answers once everything that the log held at a moment after the call has been handled.
 *  - The topic may be compacted: offsets have gaps, and the last ones may be gone. A partition in which the broker has answered
 *    several fetches, all sent after its end was read, with nothing to give, has nothing before that end. That ends the wait; a
 *    record that comes all the same is still handed over.
 *  - A reader that joins again goes on where it stood itself: others may have stored more meanwhile, but what this instance
 *    remembers knows nothing of it.
 */
import { randomUUID } from 'node:crypto';
import type { ConsumerCrashEvent, EachBatchPayload } from 'kafkajs';
import { DEFAULT_BACKOFF, delayMs, pause, settledWithin, untilAborted } from './backoff.ts';
import { createFreshReads } from './catch-up.ts';
import type { KafkaConnection, LogRange } from './kafka.ts';
import type { IncomingRecord } from './port.ts';
import { recordOf } from './record.ts';
import { ifRunning, LEAVE_WITHIN_MS, startConsuming } from './running.ts';

export interface LogReaderOptions {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  /** Offset to read next, by partition, where this reader has not stood yet; absent means the log's beginning. */
  readonly positions: () => Promise<ReadonlyMap<number, bigint>>;
  /**
   * Handles records of one partition, in order, and keeps nextOffset as its position if it keeps any. `records` may be empty
   * where the log was compacted.
   */
  readonly onRecords: (
    partition: number,
    records: readonly IncomingRecord[],
    nextOffset: bigint,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Told once, when the reader is gone for good. */
  readonly onFatal: (cause: unknown) => void;
  /** Longest wait of a fetch for the first byte; a record that arrives ends it at once. Default 100 ms. */
  readonly maxWaitMs?: number;
  /** Silence after which the broker forgets the reader: how long one that lost its connections waits for itself. Default 10 s. */
  readonly sessionTimeoutMs?: number;
  readonly now?: () => number;
}

export interface LogReader {
  /** Resolves when everything appended before the call has been handled. Rejects when the signal aborts, or on close(). */
  caughtUp(signal?: AbortSignal): Promise<void>;
  /** Null while reading; else why it is not. */
  health(): string | null;
  close(): Promise<void>;
}

interface PartitionState {
  /** Everything before it has been handled. */
  handled: bigint;
  /** Nothing is left to handle before it. */
  emptyBefore: bigint;
  /** The handler under way, or the last one. */
  work: Promise<void>;
  busy: boolean;
  /** host:port of the partition's leader. */
  readonly leader: string;
}

interface Waiter {
  readonly ends: readonly LogRange[];
  /** Fetches sent before this moment may have missed what the ends include. */
  readonly sinceMs: number;
  /** Fetches sent since, that the partition's leader answered with nothing of it. */
  readonly quiet: Map<number, number>;
  resolve(): void;
  reject(cause: unknown): void;
}

/** Fetches answered with nothing that prove a partition empty; one would do, were there one broker and no pause. */
const QUIET_FETCHES = 5;

/** Joins in the background; caughtUp() waits for it. */
export function createLogReader(o: LogReaderOptions): LogReader {
  const { kafka, topic } = o;
  const log = kafka.log;
  const now = o.now ?? Date.now;
  const sessionTimeoutMs = o.sessionTimeoutMs ?? 10_000;
  const heartbeatMs = Math.ceil(sessionTimeoutMs / 10);
  const groupId = `${kafka.username}-${topic}-${randomUUID()}`;
  const consumer = kafka.client.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: o.maxWaitMs ?? 100,
    minBytes: 1,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
  });
  const closing = new AbortController();
  const partitions = new Map<number, PartitionState>();
  /** How far this reader got in each partition, whatever it is assigned now. */
  const reached = new Map<number, bigint>();
  const waiters = new Set<Waiter>();
  const readEnds = createFreshReads(() => kafka.logRanges(topic, closing.signal));
  let generation = 0;
  let lastSignMs = now();
  let joined = false;
  let fatal: string | null = null;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    joined = true;
    lastSignMs = now();
    generation++;
    const assigned = payload.memberAssignment[topic] ?? [];
    hold(assigned);
    void begin(generation, assigned);
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    lastSignMs = now();
  });
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Fetch' && waiters.size > 0) countQuiet(payload.broker, payload.createdAt);
  });
  consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
    if (!payload.restart && !closing.signal.aborted) giveUp(payload.error);
  });

  function giveUp(cause: unknown): void {
    fatal = `stopped for good: ${cause instanceof Error ? cause.message : String(cause)}`;
    log.error({ event: 'log-reader-gone', topic, groupId, cause });
    o.onFatal(cause);
  }

  function countQuiet(broker: string, sentMs: number): void {
    for (const waiter of waiters) {
      if (sentMs <= waiter.sinceMs) continue;
      for (const [partition, state] of partitions) {
        if (state.leader !== broker || state.busy) continue;
        waiter.quiet.set(partition, (waiter.quiet.get(partition) ?? 0) + 1);
      }
    }
    settle();
  }

  async function begin(mine: number, assigned: readonly number[]): Promise<void> {
    for (let attempt = 1; mine === generation && !closing.signal.aborted; attempt++) {
      try {
        await Promise.all([...partitions.values()].map((state) => state.work));
        const ranges = kafka.logRanges(topic, closing.signal);
        const place = await Promise.all([o.positions(), ranges, kafka.leaders(topic)]);
        if (mine === generation) seekAll(assigned, ...place);
        return;
      } catch (cause) {
        log.warn({ event: 'log-reader-start-retried', topic, attempt, cause });
        await pause(delayMs(DEFAULT_BACKOFF, attempt), closing.signal);
      }
    }
  }

  function seekAll(
    assigned: readonly number[],
    stored: ReadonlyMap<number, bigint>,
    ranges: readonly LogRange[],
    leaders: ReadonlyMap<number, string>,
  ): void {
    partitions.clear();
    for (const partition of assigned) {
      const begins = ranges.find((range) => range.partition === partition)?.beginOffset ?? 0n;
      const wanted = reached.get(partition) ?? stored.get(partition) ?? begins;
      const handled = wanted < begins ? begins : wanted;
      reached.set(partition, handled);
      partitions.set(partition, {
        handled,
        emptyBefore: handled,
        work: Promise.resolve(),
        busy: false,
        leader: leaders.get(partition) ?? '',
      });
      ifRunning(() => consumer.seek({ topic, partition, offset: String(handled) }));
    }
    for (const waiter of waiters) waiter.quiet.clear();
    resume(assigned);
    settle();
  }

  /** Ends when the records have been handled, so that the next fetch asks for every partition; heartbeats go on meanwhile. */
  async function onFetched({ batch, isStale, heartbeat }: EachBatchPayload): Promise<void> {
    const state = partitions.get(batch.partition);
    if (state === undefined || isStale()) return;
    const records = batch.messages.map((message) => recordOf(topic, batch.partition, message));
    const fresh = records.filter((record) => record.offset >= state.handled);
    const next = BigInt(batch.lastOffset()) + 1n;
    if (next <= state.handled) return;
    for (const waiter of waiters) waiter.quiet.delete(batch.partition);
    state.busy = true;
    state.work = handle(state, batch.partition, fresh, next).finally(() => {
      state.busy = false;
      settle();
    });
    await during(state.work, heartbeatMs, heartbeat);
  }

  function hold(some: readonly number[]): void {
    if (some.length > 0) ifRunning(() => consumer.pause([{ topic, partitions: [...some] }]));
  }

  function resume(some: readonly number[]): void {
    if (some.length > 0) ifRunning(() => consumer.resume([{ topic, partitions: [...some] }]));
  }

  async function handle(state: PartitionState, partition: number, records: readonly IncomingRecord[], next: bigint) {
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      try {
        await o.onRecords(partition, records, next, closing.signal);
        if (state.handled < next) state.handled = next;
        reached.set(partition, state.handled);
        return;
      } catch (cause) {
        log.warn({ event: 'log-reader-retried', topic, partition, attempt, cause });
        await pause(delayMs(DEFAULT_BACKOFF, attempt), closing.signal);
      }
    }
  }

  function settle(): void {
    for (const waiter of waiters) {
      if (!waiter.ends.every((end) => isHandled(waiter, end))) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  }

  function isHandled(waiter: Waiter, end: LogRange): boolean {
    const state = partitions.get(end.partition);
    if (state === undefined) return false;
    if (state.handled >= end.endOffset || state.emptyBefore >= end.endOffset) return true;
    if (state.busy || (waiter.quiet.get(end.partition) ?? 0) < QUIET_FETCHES) return false;
    log.info({ event: 'log-tail-gone', topic, partition: end.partition, end: String(end.endOffset) });
    state.emptyBefore = end.endOffset;
    return true;
  }

  /** The broker forgets an empty group by itself after a while; where it may, it does so now. */
  async function leave(): Promise<void> {
    await started;
    await consumer.disconnect();
    await (await kafka.admin()).deleteGroups([groupId]);
  }

  const started = startConsuming({
    kafka,
    consumer,
    topic,
    eachBatch: onFetched,
    signal: closing.signal,
    onFatal: giveUp,
  });

  return {
    async caughtUp(signal) {
      const ends = await untilAborted(readEnds(), signal);
      if (closing.signal.aborted) throw new Error(`the reader of ${topic} is closing`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter: Waiter = { ends, sinceMs: Date.now(), quiet: new Map(), resolve, reject };
      waiters.add(waiter);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      settle();
      try {
        await promise;
      } finally {
        waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
      }
    },
    health() {
      if (fatal !== null) return `${topic}: ${fatal}`;
      if (!joined) return `${topic}: not read yet`;
      const silentMs = now() - lastSignMs;
      return silentMs > sessionTimeoutMs ? `${topic}: no heartbeat for ${silentMs} ms` : null;
    },
    async close() {
      closing.abort();
      generation++;
      for (const waiter of waiters) waiter.reject(new Error(`the reader of ${topic} is closing`));
      await Promise.all([...partitions.values()].map((state) => state.work));
      await settledWithin(LEAVE_WITHIN_MS, leave());
    },
  };
}

/** Waits for the work, and acts every `ms` until it ends. */
async function during(work: Promise<void>, ms: number, act: () => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const done = work.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    await Promise.race([done, pause(ms, ended.signal)]);
    if (!ended.signal.aborted) await act();
  }
  await done;
}
