import type { Consent, Standing } from '../../domain/bank/profile.ts';
import type { KnownProfiles, ProfileVersion } from '../../domain/interventions/profile-at.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { msOf } from './rows.ts';

interface VersionRow {
  readonly customer_id: string;
  readonly version: bigint;
  readonly effective_ms: number;
  readonly time_zone: string | null;
  readonly standing: Standing;
  readonly consents: readonly { channel: Consent['channel']; granted: boolean; recorded_ms: number }[];
}

/** The profiles of each customer of whom anything is known. */
export async function loadProfiles(
  db: Queryable,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, KnownProfiles>> {
  const [versions, stopped] = await Promise.all([
    db.query<VersionRow>(
      `SELECT customer_id, version, ${msOf('effective_time')} AS effective_ms, time_zone, standing, consents
       FROM unnest($1::text[]) AS wanted (id)
       CROSS JOIN LATERAL (SELECT * FROM interventions.profiles WHERE customer_id = wanted.id OFFSET 0) p
       ORDER BY customer_id, version DESC`,
      [customerIds],
    ),
    findStopped(db, customerIds),
  ]);
  const byCustomer = Map.groupBy(versions.rows, (row) => row.customer_id);
  const known = new Set([...byCustomer.keys(), ...stopped]);
  return new Map(
    [...known].map((id) => [id, { versions: (byCustomer.get(id) ?? []).map(profileOf), isStopped: stopped.has(id) }]),
  );
}

/** Customers whose latest stop was appended after every version that is told of them. */
async function findStopped(db: Queryable, customerIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ customer_id: string }>(
    `SELECT DISTINCT s.customer_id FROM unnest($1::text[]) AS wanted (id)
     CROSS JOIN LATERAL (SELECT * FROM interventions.profile_stops WHERE customer_id = wanted.id OFFSET 0) s
     LEFT JOIN LATERAL (
       SELECT true AS is_newer FROM interventions.profiles p
       WHERE p.customer_id = s.customer_id AND (p.append_time, p.log_offset) > (s.append_time, s.log_offset) LIMIT 1
     ) later ON true
     WHERE later.is_newer IS NULL`,
    [customerIds],
  );
  return new Set(rows.map((row) => row.customer_id));
}

function profileOf(row: VersionRow): ProfileVersion {
  return {
    version: Number(row.version),
    effectiveMs: row.effective_ms,
    timeZone: row.time_zone,
    standing: row.standing,
    consents: row.consents.map(({ channel, granted, recorded_ms }) => ({ channel, granted, recordedMs: recorded_ms })),
  };
}
