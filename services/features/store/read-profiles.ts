import type { Profile } from '../../domain/bank/profile.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';

/** What is known of a customer beside transactions: every version in rising order, and the stops. */
export interface ProfileHistory {
  readonly versions: readonly { readonly profile: Profile; readonly learnedMs: number }[];
  readonly stops: readonly { readonly fromMs: number; readonly untilMs: number | null }[];
}

export const NO_PROFILES: ProfileHistory = { versions: [], stops: [] };

interface Selected {
  readonly customerId: string;
  readonly profile: Profile | null;
  readonly learnedMs: number | null;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

/** The histories of those of the customers that have any, in one query. */
export async function readProfiles(
  db: Queryable,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, ProfileHistory>> {
  if (customerIds.length === 0) return new Map();
  const { rows } = await db.query<Selected>(
    `SELECT found.* FROM unnest($1::text[]) AS wanted (customer_id)
     CROSS JOIN LATERAL (
       SELECT customer_id AS "customerId", content AS profile, learned_ms::float8 AS "learnedMs",
              NULL::float8 AS "fromMs", NULL::float8 AS "untilMs", version
       FROM features.profiles p WHERE p.customer_id = wanted.customer_id
       UNION ALL
       SELECT customer_id, NULL, NULL, from_ms::float8, until_ms::float8, NULL
       FROM features.profile_stops s WHERE s.customer_id = wanted.customer_id
       OFFSET 0
     ) AS found
     ORDER BY "customerId", version`,
    [customerIds],
  );
  const histories = new Map<
    string,
    { versions: ProfileHistory['versions'][number][]; stops: ProfileHistory['stops'][number][] }
  >();
  for (const row of rows) {
    const history = histories.get(row.customerId) ?? { versions: [], stops: [] };
    histories.set(row.customerId, history);
    if (row.profile !== null && row.learnedMs !== null) {
      history.versions.push({ profile: row.profile, learnedMs: row.learnedMs });
    } else if (row.fromMs !== null) {
      history.stops.push({ fromMs: row.fromMs, untilMs: row.untilMs });
    }
  }
  return histories;
}
