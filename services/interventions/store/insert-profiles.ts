import type { Consent } from '../../domain/bank/profile.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { type ProfileRow, timeText } from './rows.ts';

/** Identity of a version, as a key of sets. */
export function versionKey(customerId: string, version: number | bigint): string {
  return `${customerId} ${version}`;
}

/**
 * Appends versions that are not there yet; no version may come twice.
 *
 * @returns the content's digest that stands under each version's {@link versionKey}, and whether it was appended now
 */
export async function insertProfiles(
  tx: Transaction,
  profiles: readonly ProfileRow[],
): Promise<ReadonlyMap<string, { readonly contentSha256: Uint8Array; readonly isNew: boolean }>> {
  const { rows } = await tx.query<{
    customer_id: string;
    version: bigint;
    content_sha256: Uint8Array;
    is_new: boolean;
  }>(
    `WITH input AS (
       SELECT * FROM unnest($1::text[], $2::int8[], $3::timestamptz[], $4::bytea[], $5::text[], $6::text[], $7::text[],
           $8::timestamptz[], $9::int8[])
         AS t (customer_id, version, effective_time, content_sha256, time_zone, standing, consents, append_time, log_offset)
     ), added AS (
       INSERT INTO interventions.profiles (customer_id, version, effective_time, content_sha256, time_zone, standing, consents,
         append_time, log_offset)
       SELECT customer_id, version, effective_time, content_sha256, time_zone, standing, consents::json, append_time, log_offset
       FROM input
       ORDER BY customer_id, version
       ON CONFLICT (customer_id, version) DO NOTHING
       RETURNING customer_id, version, content_sha256
     )
     SELECT customer_id, version, content_sha256, true AS is_new FROM added
     UNION ALL
     SELECT p.customer_id, p.version, p.content_sha256, false
     FROM input JOIN interventions.profiles p USING (customer_id, version)`,
    columns(
      profiles,
      (row) => row.customerId,
      (row) => row.version,
      (row) => timeText(row.effectiveMs),
      (row) => row.contentSha256,
      (row) => row.timeZone,
      (row) => row.standing,
      (row) => JSON.stringify(row.consents.map(storedConsent)),
      (row) => timeText(row.place.appendMs),
      (row) => row.place.offset,
    ),
  );
  return new Map(
    rows.map((row) => [
      versionKey(row.customer_id, row.version),
      { contentSha256: row.content_sha256, isNew: row.is_new },
    ]),
  );
}

function storedConsent({ channel, granted, recordedMs }: Consent) {
  return { channel, granted, recorded_ms: recordedMs };
}
