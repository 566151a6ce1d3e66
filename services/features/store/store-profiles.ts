/** Writes of what customer-updates brings. Every instance reads the whole topic, so every write may come again. */
import type { Profile } from '../../domain/bank/profile.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Queryable, Transaction } from '../../platform/postgres/pool.ts';

export interface ProfileVersion {
  readonly profile: Profile;
  readonly contentSha256: string;
  readonly appendMs: number;
  /** When the version was known: append time (LIVE) or effective time (REPLAY). */
  readonly learnedMs: number;
}

export interface ProfileKey {
  readonly customerId: string;
  readonly version: number;
}

/** Digests of those of the versions that are stored. */
export async function lookUpProfileDigests(
  db: Queryable,
  keys: readonly ProfileKey[],
): Promise<readonly (ProfileKey & { readonly contentSha256: string })[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.query<ProfileKey & { contentSha256: string }>(
    `SELECT p.customer_id AS "customerId", p.version::float8 AS version, encode(p.content_sha256, 'hex') AS "contentSha256"
     FROM unnest($1::text[], $2::int8[]) AS wanted (customer_id, version)
     JOIN features.profiles p ON p.customer_id = wanted.customer_id AND p.version = wanted.version`,
    columns(
      keys,
      (k) => k.customerId,
      (k) => k.version,
    ),
  );
  return rows;
}

/** Keeps the versions that are not there yet; what is stored is never overwritten. */
export async function insertProfiles(tx: Transaction, versions: readonly ProfileVersion[]): Promise<void> {
  if (versions.length === 0) return;
  await tx.prepared(
    'features.insert-profiles',
    `INSERT INTO features.profiles
       (customer_id, version, effective_ms, learned_ms, mode, content, content_sha256, append_ms)
     SELECT customer_id, version, effective_ms, learned_ms, mode, content::jsonb, decode(sha256, 'hex'), append_ms
     FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[], $8::int8[])
       AS t (customer_id, version, effective_ms, learned_ms, mode, content, sha256, append_ms)
     ORDER BY customer_id, version
     ON CONFLICT (customer_id, version) DO NOTHING`,
    columns(
      versions,
      (v) => v.profile.customerId,
      (v) => v.profile.version,
      (v) => v.profile.effectiveMs,
      (v) => v.learnedMs,
      (v) => v.profile.mode,
      (v) => JSON.stringify(v.profile),
      (v) => v.contentSha256,
      (v) => v.appendMs,
    ),
  );
}

/** Stops customers, each from its tombstone's append time on. */
export async function insertStops(
  tx: Transaction,
  stops: readonly { readonly customerId: string; readonly appendMs: number }[],
): Promise<void> {
  if (stops.length === 0) return;
  await tx.query(
    `INSERT INTO features.profile_stops (customer_id, from_ms)
     SELECT DISTINCT customer_id, from_ms FROM unnest($1::text[], $2::int8[]) AS t (customer_id, from_ms)
     ORDER BY customer_id, from_ms
     ON CONFLICT (customer_id, from_ms) DO NOTHING`,
    columns(
      stops,
      (s) => s.customerId,
      (s) => s.appendMs,
    ),
  );
}

/** Ends each open stop of these customers at the first snapshot that was appended after it. */
export async function endStops(
  tx: Transaction,
  snapshots: readonly { readonly customerId: string; readonly appendMs: number }[],
): Promise<void> {
  if (snapshots.length === 0) return;
  await tx.query(
    `UPDATE features.profile_stops s SET until_ms = ended.at_ms
     FROM (
       SELECT o.customer_id, o.from_ms, min(t.append_ms) AS at_ms
       FROM unnest($1::text[], $2::int8[]) AS t (customer_id, append_ms)
       CROSS JOIN LATERAL (
         SELECT * FROM features.profile_stops s
         WHERE s.customer_id = t.customer_id AND s.from_ms < t.append_ms AND s.until_ms IS NULL OFFSET 0
       ) o
       GROUP BY o.customer_id, o.from_ms
     ) AS ended
     WHERE s.customer_id = ended.customer_id AND s.from_ms = ended.from_ms AND s.until_ms IS NULL`,
    columns(
      snapshots,
      (s) => s.customerId,
      (s) => s.appendMs,
    ),
  );
}

/** Notes that everything before an offset is stored; never goes back. */
export async function moveProfilePosition(
  tx: Transaction,
  topic: string,
  partition: number,
  nextOffset: bigint,
): Promise<void> {
  await tx.prepared(
    'features.move-profile-position',
    `INSERT INTO features.profile_positions AS p (topic, partition, next_offset) VALUES ($1::text, $2::int4, $3::int8)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = greatest(p.next_offset, excluded.next_offset)`,
    [topic, partition, nextOffset],
  );
}

/** How far each partition is stored. */
export async function readProfilePositions(db: Queryable, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await db.query<{ partition: number; nextOffset: bigint }>(
    `SELECT partition, next_offset AS "nextOffset" FROM features.profile_positions WHERE topic = $1::text`,
    [topic],
  );
  return new Map(rows.map((row) => [row.partition, row.nextOffset]));
}
