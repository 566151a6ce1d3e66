/**
 * A member of a consumer group, with its offsets in Postgres (DESIGN section 4, "Consuming").
 *
 *  - A join pauses what is assigned before the first fetch, drops every queue, waits for what is under way, claims the epochs
 *    and seeks to the stored offsets, then resumes. kafkajs awaits no listener, so nothing is trusted before the seek.
 *  - Where no offset is known, the log's beginning is written as the first offset; never its end. A stored offset that the log
 *    no longer holds, or a gap, is data loss: that partition stops and health() says so.
 *  - The batch handler of kafkajs only queues. A full queue pauses its partition; heartbeats go on.
 *  - A fenced partition is forgotten and claimed again once the broker has confirmed the membership (a heartbeat, or a join).
 *  - A crash that kafkajs does not mend goes to onFatal: a process without a consumer must not live on.
 */
import type { ConsumerCrashEvent, EachBatchPayload } from 'kafkajs';
import { DEFAULT_BACKOFF, delayMs, pause, settledWithin } from './backoff.ts';
import type { KafkaConnection, LogRange } from './kafka.ts';
import { isUntouched, lagOf, lossOf } from './ownership.ts';
import { createPartitionWorker, type PartitionWorker } from './partition-worker.ts';
import type { ClaimedPartition, ConsumerHandlers, EventConsumer, FencedError, PositionStore } from './port.ts';
import { recordOf } from './record.ts';
import { ifRunning, LEAVE_WITHIN_MS, startConsuming } from './running.ts';

export interface ConsumerOptions {
  readonly kafka: KafkaConnection;
  /** Begins with the Kafka user's name, as the ACLs ask. */
  readonly groupId: string;
  readonly topic: string;
  readonly positions: PositionStore;
  readonly handlers: ConsumerHandlers;
  /** Records in one batch at most. */
  readonly maxBatchRecords: number;
  /** Bytes in one batch at most, unless one record alone is larger. Default 8 MiB. */
  readonly maxBatchBytes?: number;
  /** Records of one partition waiting at most. */
  readonly queueRecords: number;
  /** Bytes of one partition waiting at most. Default 16 MiB. */
  readonly queueBytes?: number;
  /**
   * Longest wait of a fetch for the first byte; a record that arrives ends it at once, so it bounds only how soon a paused
   * partition is fetched again. Default 50 ms.
   */
  readonly maxWaitMs?: number;
  /** Silence after which the group gives the partitions to others. Default 10 s. */
  readonly sessionTimeoutMs?: number;
  /** Default a tenth of the session timeout. */
  readonly heartbeatIntervalMs?: number;
  /** How long close() lets a batch end before it aborts it. Default 5 s. */
  readonly closeGraceMs?: number;
  /** False on a compacted topic. Default true. */
  readonly gapless?: boolean;
  /** Told once, when the consumer is gone for good. */
  onFatal(cause: unknown): void;
  readonly now?: () => number;
}

/** Joins the group in the background; health() tells when it consumes. */
export function createConsumer(o: ConsumerOptions): EventConsumer {
  const { kafka, topic, handlers, groupId } = o;
  const log = kafka.log;
  const now = o.now ?? Date.now;
  const gapless = o.gapless ?? true;
  const sessionTimeoutMs = o.sessionTimeoutMs ?? 10_000;
  const consumer = kafka.client.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: Math.max(60_000, sessionTimeoutMs),
    heartbeatInterval: o.heartbeatIntervalMs ?? Math.ceil(sessionTimeoutMs / 10),
    maxWaitTimeInMs: o.maxWaitMs ?? 50,
    minBytes: 1,
    maxBytesPerPartition: 1024 * 1024,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
  });
  const closing = new AbortController();
  const workers = new Map<number, PartitionWorker>();
  /** Last ownership of partitions that are being claimed again: what memory holds of them counts only if nobody came between. */
  const released = new Map<number, PartitionWorker>();
  const fenced = new Set<number>();
  /** Why a partition stopped for good, by partition. */
  const stopped = new Map<number, string>();
  /** Offset at which a mismatch was met once; twice at the same is data loss. */
  const mismatchedAt = new Map<number, bigint>();
  let generation = 0;
  let assigned: readonly number[] = [];
  let claiming: Promise<void> = Promise.resolve();
  let lastHeartbeatMs = now();
  let lastFetchMs = now();
  let joined = false;
  let fatal: string | null = null;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    joined = true;
    lastHeartbeatMs = now();
    assigned = payload.memberAssignment[topic] ?? [];
    generation++;
    fenced.clear();
    pauseFetching(assigned);
    enqueueClaim(generation, assigned);
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    lastHeartbeatMs = now();
    if (fenced.size === 0) return;
    const again = [...fenced];
    fenced.clear();
    enqueueClaim(generation, again);
  });
  consumer.on(consumer.events.FETCH, () => {
    lastFetchMs = now();
  });
  consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
    if (!payload.restart && !closing.signal.aborted) giveUp(payload.error);
  });

  function giveUp(cause: unknown): void {
    fatal = `stopped for good: ${cause instanceof Error ? cause.message : String(cause)}`;
    log.error({ event: 'consumer-gone', topic, groupId, cause });
    o.onFatal(cause);
  }

  function pauseFetching(partitions: readonly number[]): void {
    if (partitions.length > 0) ifRunning(() => consumer.pause([{ topic, partitions: [...partitions] }]));
  }

  /** Claims run one after another, so that two joins in quick succession never own a partition twice. */
  function enqueueClaim(mine: number, partitions: readonly number[]): void {
    claiming = claiming.then(() => takeOver(mine, partitions)).catch(giveUp);
  }

  async function takeOver(mine: number, partitions: readonly number[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await letGo(partitions);
      if (mine !== generation || closing.signal.aborted || partitions.length === 0) return;
      try {
        await claim(mine, partitions);
        return;
      } catch (cause) {
        log.warn({ event: 'claim-retried', topic, groupId, attempt, cause });
        await pause(delayMs(DEFAULT_BACKOFF, attempt), closing.signal);
      }
    }
  }

  /** Ends the ownership of these partitions, and of those no longer assigned; waits for what is under way. */
  async function letGo(partitions: readonly number[]): Promise<void> {
    const old = [...workers].filter(([partition]) => partitions.includes(partition) || !assigned.includes(partition));
    for (const [partition, worker] of old) {
      workers.delete(partition);
      released.set(partition, worker);
    }
    await Promise.all(old.map(([, worker]) => worker.stop(0)));
    for (const partition of released.keys()) {
      if (assigned.includes(partition)) continue;
      released.delete(partition);
      revoke(partition);
    }
    // Whoever has it now judges the log anew.
    for (const partition of stopped.keys()) if (!assigned.includes(partition)) stopped.delete(partition);
  }

  async function claim(mine: number, partitions: readonly number[]): Promise<void> {
    const claimed = await o.positions.claim(topic, partitions);
    const ranges = await kafka.logRanges(topic, closing.signal);
    for (const one of claimed) {
      const range = ranges.find((candidate) => candidate.partition === one.partition);
      if (range === undefined) throw new Error(`${topic} has no partition ${one.partition}`);
      const nextOffset = one.nextOffset ?? range.beginOffset;
      if (one.nextOffset === null) await o.positions.begin(topic, one.partition, one.epoch, nextOffset);
      if (mine !== generation) return;
      const before = released.get(one.partition);
      released.delete(one.partition);
      if (before !== undefined && !isUntouched(before, one)) revoke(one.partition);
      own(one, nextOffset, range);
    }
    log.info({ event: 'partitions-claimed', topic, groupId, partitions: claimed.map(({ partition }) => partition) });
  }

  function own(one: ClaimedPartition, nextOffset: bigint, range: LogRange): void {
    const { partition, epoch } = one;
    const loss = lossOf(nextOffset, range, gapless);
    if (loss !== null) {
      stopPartition(partition, loss);
      return;
    }
    const fetchOffset = nextOffset < range.beginOffset ? range.beginOffset : nextOffset;
    stopped.delete(partition);
    mismatchedAt.delete(partition);
    const worker = createPartitionWorker({
      topic,
      partition,
      epoch,
      nextOffset,
      fetchOffset,
      gapless,
      handlers,
      maxBatchRecords: o.maxBatchRecords,
      maxBatchBytes: o.maxBatchBytes ?? 8 * 1024 * 1024,
      queueRecords: o.queueRecords,
      queueBytes: o.queueBytes ?? 16 * 1024 * 1024,
      log,
      now,
      onFull: (full) => {
        if (workers.get(partition) !== worker) return;
        if (full) pauseFetching([partition]);
        else ifRunning(() => consumer.resume([{ topic, partitions: [partition] }]));
      },
      onFenced: (cause) => onFenced(worker, cause),
    });
    workers.set(partition, worker);
    ifRunning(() => {
      consumer.seek({ topic, partition, offset: String(fetchOffset) });
      consumer.resume([{ topic, partitions: [partition] }]);
    });
  }

  function onFenced(worker: PartitionWorker, cause: FencedError): void {
    const { partition, epoch } = worker;
    if (workers.get(partition) !== worker) return;
    log.warn({ event: 'partition-fenced', topic, groupId, partition, epoch: String(epoch), cause });
    workers.delete(partition);
    pauseFetching([partition]);
    revoke(partition);
    fenced.add(partition);
  }

  function revoke(partition: number): void {
    handlers.onRevoked?.(topic, partition);
  }

  /** Nothing more is fetched of it; what was queued before the loss is still processed. */
  function stopPartition(partition: number, why: string): void {
    pauseFetching([partition]);
    stopped.set(partition, why);
    log.error({ event: 'partition-stopped', topic, groupId, partition, why });
  }

  async function onFetched({ batch, isStale }: EachBatchPayload): Promise<void> {
    const worker = workers.get(batch.partition);
    if (worker === undefined || isStale()) return;
    const offered = worker.offer(batch.messages.map((message) => recordOf(topic, batch.partition, message)));
    if (offered.kind === 'accepted') {
      mismatchedAt.delete(batch.partition);
      return;
    }
    const { expected, found } = offered;
    if (mismatchedAt.get(batch.partition) === expected) {
      stopPartition(batch.partition, `data loss: offset ${expected} is next, but the log gives ${found}`);
      return;
    }
    mismatchedAt.set(batch.partition, expected);
    consumer.seek({ topic, partition: batch.partition, offset: String(expected) });
  }

  async function leave(): Promise<void> {
    await started;
    await claiming;
    await consumer.disconnect();
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
    health() {
      if (fatal !== null) return `${topic}: ${fatal}`;
      const [loss] = stopped;
      if (loss !== undefined) return `${topic}/${loss[0]}: ${loss[1]}`;
      if (!joined) return `${topic}: not a member of ${groupId} yet`;
      const silentMs = now() - Math.min(lastHeartbeatMs, lastFetchMs);
      return silentMs > sessionTimeoutMs ? `${topic}: no heartbeat or fetch for ${silentMs} ms` : null;
    },
    async lag() {
      const ranges = await kafka.logRanges(topic);
      return [...workers.values()].map((worker) => lagOf(topic, worker, ranges));
    },
    async close() {
      closing.abort();
      generation++;
      pauseFetching(assigned);
      await Promise.all([...workers.values()].map((worker) => worker.stop(o.closeGraceMs ?? 5_000)));
      await settledWithin(LEAVE_WITHIN_MS, leave());
    },
  };
}
