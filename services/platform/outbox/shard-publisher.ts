/**
 * Publishes one shard of an outbox under one lease, in order of positions.
 *
 *  1. What is sent next always follows on what was queued last: rows offered by this process are taken if they begin right there
 *     (they were committed, and nothing can lie between), else they are read from the table.
 *  2. The cursor moves after the broker acknowledged. A crash in between repeats; nothing is skipped (I5). While the database is
 *     away, what was acknowledged is not sent again and again.
 *  3. At most `queueRows` wait here; what does not fit is read from the table later.
 */
import { DEFAULT_BACKOFF, delayMs, pause } from '../kafka/backoff.ts';
import type { Log } from '../kafka/log.ts';
import type { EventProducer, OutgoingRecord } from '../kafka/port.ts';
import { crashPoint } from '../lifecycle/crash-point.ts';
import type { Cursors, Lease } from './cursor.ts';

export interface OutboxRow {
  readonly position: bigint;
}

export interface ShardPublisherOptions<R extends OutboxRow> {
  readonly outbox: string;
  readonly lease: Lease;
  readonly cursors: Cursors;
  readonly producer: EventProducer;
  readonly readAfter: (shard: number, position: bigint, limit: number) => Promise<readonly R[]>;
  readonly toRecords: (rows: readonly R[]) => Promise<readonly OutgoingRecord[]> | readonly OutgoingRecord[];
  readonly batchRows: number;
  readonly queueRows: number;
  readonly log: Log;
  readonly now: () => number;
}

export interface ShardPublisher<R extends OutboxRow> {
  readonly lease: Lease;
  /** For how long something has waited here without anything being published; 0 while nothing waits. */
  stalledMs(): number;
  offer(firstPosition: bigint, rows: readonly R[]): void;
  /** The table holds rows up to this position. */
  tell(lastPosition: bigint): void;
  /** Resolves when the lease turned out to be another owner's, or after stop(). */
  readonly ended: Promise<void>;
  /** Publishes what waits here, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export function createShardPublisher<R extends OutboxRow>(o: ShardPublisherOptions<R>): ShardPublisher<R> {
  const { shard } = o.lease;
  const stopping = new AbortController();
  const aborting = new AbortController();
  let queue: R[] = [];
  let tail = o.lease.publishedPosition;
  let known = tail;
  /** Acknowledged by the broker, whatever the cursor says. */
  let sent = tail;
  let waitingSinceMs = 0;
  let wake = () => {};

  const sleep = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  function enqueue(rows: readonly R[]): void {
    const fresh = rows.filter((row) => row.position > tail);
    const last = fresh.at(-1);
    if (last === undefined) return;
    if (queue.length === 0) waitingSinceMs = o.now();
    queue.push(...fresh);
    tail = last.position;
    if (known < tail) known = tail;
  }

  async function readMore(): Promise<void> {
    const committed = known;
    const rows = await o.readAfter(shard, tail, o.batchRows);
    enqueue(rows);
    // Fewer than asked: all up to what was known before the read is here. Positions that no row carries count as published.
    if (rows.length < o.batchRows && tail < committed) tail = committed;
  }

  /** @returns false if the lease is lost */
  async function publish(): Promise<boolean> {
    const rows = queue.slice(0, o.batchRows);
    const upTo = rows.length === queue.length ? tail : rows.at(-1)!.position;
    const unsent = rows.filter((row) => row.position > sent);
    if (unsent.length > 0) {
      crashPoint('after-commit-before-publish');
      const records = await o.toRecords(unsent);
      if (records.length > 0) await o.producer.send(records, aborting.signal);
      sent = upTo;
      crashPoint('between-publish-and-cursor');
    }
    const held = await o.cursors.advance(o.lease, upTo);
    queue = queue.slice(rows.length);
    waitingSinceMs = o.now();
    return held;
  }

  const idle = () => queue.length === 0 && known <= tail;

  async function step(): Promise<boolean> {
    if (queue.length === 0 && known > tail) await readMore();
    return await publish();
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!aborting.signal.aborted && !(stopping.signal.aborted && queue.length === 0)) {
      if (idle()) {
        await sleep();
        continue;
      }
      try {
        if (!(await step())) return;
        failures = 0;
      } catch (cause) {
        if (aborting.signal.aborted) return;
        failures++;
        o.log.warn({ event: 'publish-retried', outbox: o.outbox, shard, attempt: failures, cause });
        await pause(delayMs(DEFAULT_BACKOFF, failures), aborting.signal);
      }
    }
  }

  const ended = run();

  return {
    lease: o.lease,
    ended,
    stalledMs: () => (queue.length === 0 ? 0 : o.now() - waitingSinceMs),
    offer(firstPosition, rows) {
      const last = rows.at(-1);
      if (last === undefined || stopping.signal.aborted) return;
      const follows = firstPosition <= tail + 1n && queue.length + rows.length <= o.queueRows;
      if (follows) enqueue(rows);
      else if (known < last.position) known = last.position;
      wake();
    },
    tell(lastPosition) {
      if (lastPosition <= known) return;
      known = lastPosition;
      wake();
    },
    async stop(graceMs) {
      stopping.abort();
      wake();
      const grace = setTimeout(() => aborting.abort(new Error('the relay is closing')), graceMs);
      await ended;
      clearTimeout(grace);
    },
  };
}
