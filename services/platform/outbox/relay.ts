/**
 * Publishes an append-only table to its topic (I5): one publisher per shard whose lease this process holds. Rows of this process
 * go out at once through offer(); those of others are found by polling, one small query for all shards.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pause } from '../kafka/backoff.ts';
import type { Log } from '../kafka/log.ts';
import type { EventProducer, OutgoingRecord } from '../kafka/port.ts';
import type { Pool } from '../postgres/pool.ts';
import { createCursors, type Lease } from './cursor.ts';
import { createShardPublisher, type OutboxRow, type ShardPublisher } from './shard-publisher.ts';
import { lastPositions } from './shards.ts';

export interface RelayOptions<R extends OutboxRow> {
  readonly scope: { readonly log: Log };
  readonly pool: Pool;
  readonly schema: string;
  /** Name in outbox_shards. */
  readonly outbox: string;
  /** Number of shards: 0 to shards - 1. */
  readonly shards: number;
  /** Rows of a shard behind a position, in order, at most `limit`. */
  readonly readAfter: (shard: number, position: bigint, limit: number) => Promise<readonly R[]>;
  /** The records of rows, in order; a row may have none, or several. It may fail and is then called again. */
  readonly toRecords: (rows: readonly R[]) => Promise<readonly OutgoingRecord[]> | readonly OutgoingRecord[];
  readonly producer: EventProducer;
  /** Rows published together at most. Default 500. */
  readonly batchRows?: number;
  /** Rows of a shard waiting in memory at most. Default 5,000. */
  readonly queueRows?: number;
  /** Default 100 ms. */
  readonly pollMs?: number;
  /** How long a dead owner's lease outlives it. Default 4 s. */
  readonly leaseMs?: number;
  readonly now?: () => number;
}

export interface Relay<R extends OutboxRow> {
  /** Rows that this process just committed at consecutive positions from firstPosition. Never blocks, never throws. */
  offer(shard: number, firstPosition: bigint, rows: readonly R[]): void;
  /** Null while publishing; else why it is not. */
  health(): string | null;
  /** Publishes what was offered, for at most `graceMs` (default 3 s), then lets the leases go. */
  close(graceMs?: number): Promise<void>;
}

const STALLED_MS = 30_000;

export function createRelay<R extends OutboxRow>(o: RelayOptions<R>): Relay<R> {
  const { log } = o.scope;
  const now = o.now ?? Date.now;
  const leaseMs = o.leaseMs ?? 4_000;
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  const cursors = createCursors({ pool: o.pool, schema: o.schema, outbox: o.outbox, owner, ttlMs: leaseMs });
  const publishers = new Map<number, ShardPublisher<R>>();
  const shards = Array.from({ length: o.shards }, (_, shard) => shard);
  const closing = new AbortController();

  function begin(lease: Lease): void {
    const publisher = createShardPublisher({
      outbox: o.outbox,
      lease,
      cursors,
      producer: o.producer,
      readAfter: o.readAfter,
      toRecords: o.toRecords,
      batchRows: o.batchRows ?? 500,
      queueRows: o.queueRows ?? 5_000,
      log,
      now,
    });
    publishers.set(lease.shard, publisher);
    void publisher.ended.then(() => forget(publisher));
  }

  function forget(publisher: ShardPublisher<R>): void {
    const { shard } = publisher.lease;
    if (publishers.get(shard) !== publisher) return;
    publishers.delete(shard);
    if (!closing.signal.aborted) log.warn({ event: 'outbox-lease-lost', outbox: o.outbox, shard });
  }

  async function keepLeases(): Promise<void> {
    const held = [...publishers.values()];
    if (held.length > 0) {
      const kept = new Set(await cursors.renew(held.map((publisher) => publisher.lease)));
      for (const publisher of held) if (!kept.has(publisher.lease.shard)) void publisher.stop(0);
    }
    const free = shards.filter((shard) => !publishers.has(shard));
    if (free.length > 0) for (const lease of await cursors.acquire(free)) begin(lease);
  }

  async function poll(): Promise<void> {
    if (publishers.size === 0) return;
    for (const [shard, position] of await lastPositions(o.pool, o.schema, o.outbox)) {
      publishers.get(shard)?.tell(position);
    }
  }

  async function every(ms: number, what: string, act: () => Promise<void>): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await act();
      } catch (cause) {
        log.warn({ event: `outbox-${what}-failed`, outbox: o.outbox, cause });
      }
      await pause(ms, closing.signal);
    }
  }

  const running = Promise.all([every(leaseMs / 4, 'lease', keepLeases), every(o.pollMs ?? 100, 'poll', poll)]);

  return {
    offer: (shard, firstPosition, rows) => publishers.get(shard)?.offer(firstPosition, rows),
    health() {
      for (const publisher of publishers.values()) {
        const stalledMs = publisher.stalledMs();
        if (stalledMs > STALLED_MS)
          return `${o.outbox}/${publisher.lease.shard}: nothing published for ${stalledMs} ms`;
      }
      return null;
    },
    async close(graceMs = 3_000) {
      closing.abort();
      await running;
      const held = [...publishers.values()];
      await Promise.all(held.map((publisher) => publisher.stop(graceMs)));
      try {
        await cursors.release(held.map((publisher) => publisher.lease));
      } catch (cause) {
        log.warn({ event: 'outbox-release-failed', outbox: o.outbox, cause });
      }
    },
  };
}
