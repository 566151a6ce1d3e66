/**
 * The right to publish a shard, and how far it got: an expiring lease with an epoch. A lease says who should publish; it cannot
 * stop one who was paused from publishing late, which repeats and never loses (I5). The cursor moves only under the current epoch.
 */
import { identifier } from '../postgres/identifier.ts';
import type { Pool } from '../postgres/pool.ts';

export interface Lease {
  readonly shard: number;
  readonly epoch: bigint;
  readonly publishedPosition: bigint;
}

export interface Cursors {
  /** Takes those of the shards that are free, expired or already this owner's. */
  acquire(shards: readonly number[]): Promise<readonly Lease[]>;
  /** @returns the shards whose lease still holds, longer now */
  renew(leases: readonly Lease[]): Promise<readonly number[]>;
  /** Moves the cursor. @returns false if the lease is another owner's now */
  advance(lease: Lease, position: bigint): Promise<boolean>;
  /** Lets others take the shards at once. */
  release(leases: readonly Lease[]): Promise<void>;
}

export interface CursorsOptions {
  readonly pool: Pool;
  readonly schema: string;
  readonly outbox: string;
  /** Unique to this process. */
  readonly owner: string;
  readonly ttlMs: number;
}

/** Times are the database's, so that clocks of machines need not agree. */
export function createCursors(o: CursorsOptions): Cursors {
  const { pool, outbox, owner } = o;
  const schema = identifier(o.schema);
  const cursors = `${schema}.outbox_cursors`;
  const ttl = `${o.ttlMs} milliseconds`;

  return {
    async acquire(shards) {
      const { rows } = await pool.query<{ shard: number; lease_epoch: bigint; published_position: bigint }>(
        `INSERT INTO ${cursors} AS c (outbox, shard, lease_owner, lease_epoch, lease_expires_at)
         SELECT $1::text, shard, $3::text, 1, clock_timestamp() + $4::interval FROM unnest($2::int[]) AS shard ORDER BY shard
         ON CONFLICT (outbox, shard) DO UPDATE
           SET lease_owner = EXCLUDED.lease_owner, lease_epoch = c.lease_epoch + 1, lease_expires_at = EXCLUDED.lease_expires_at
           WHERE c.lease_expires_at < clock_timestamp() OR c.lease_owner = EXCLUDED.lease_owner
         RETURNING shard, lease_epoch, published_position`,
        [outbox, shards, owner, ttl],
      );
      return rows.map((row) => ({
        shard: row.shard,
        epoch: row.lease_epoch,
        publishedPosition: row.published_position,
      }));
    },
    async renew(leases) {
      const { rows } = await pool.prepared<{ shard: number }>(
        `${schema}.renew-leases`,
        `UPDATE ${cursors} AS c SET lease_expires_at = clock_timestamp() + $5::interval
         FROM unnest($3::int[], $4::int8[]) AS held (shard, epoch)
         WHERE c.outbox = $1::text AND c.lease_owner = $2::text AND c.shard = held.shard AND c.lease_epoch = held.epoch
         RETURNING c.shard`,
        [outbox, owner, leases.map((lease) => lease.shard), leases.map((lease) => lease.epoch), ttl],
      );
      return rows.map((row) => row.shard);
    },
    async advance(lease, position) {
      // Not waiting for the disk: a cursor that falls back repeats a publish, which is allowed.
      const { rows } = await pool.prepared<{ moved: number }>(
        `${schema}.advance-cursor`,
        `WITH moved AS (
           UPDATE ${cursors} SET published_position = $5::int8
           WHERE outbox = $1::text AND lease_owner = $2::text AND shard = $3::int AND lease_epoch = $4::int8
           RETURNING 1)
         SELECT count(*)::int AS moved, set_config('synchronous_commit', 'off', true) FROM moved`,
        [outbox, owner, lease.shard, lease.epoch, position],
      );
      return rows[0]?.moved === 1;
    },
    async release(leases) {
      await pool.query(
        `UPDATE ${cursors} AS c SET lease_owner = NULL, lease_expires_at = '-infinity'
         FROM unnest($3::int[], $4::int8[]) AS held (shard, epoch)
         WHERE c.outbox = $1::text AND c.lease_owner = $2::text AND c.shard = held.shard AND c.lease_epoch = held.epoch`,
        [outbox, owner, leases.map((lease) => lease.shard), leases.map((lease) => lease.epoch)],
      );
    },
  };
}
