import type { Queryable } from '../../platform/postgres/pool.ts';

/** What is stored, as pde.operations.v1.StoredSet says. */
export interface StoredSetRead {
  readonly kind: 'decisions' | 'interventions' | 'suppressed';
  readonly count: bigint;
  /** Of the predictions' ids; null where it was not asked for, or the ids are shared with nobody. */
  readonly idDigest: bigint | null;
}

/** From the counters. */
export async function readStoredCounts(db: Queryable): Promise<readonly StoredSetRead[]> {
  const { rows } = await db.query<{ decisions: bigint; interventions: bigint; suppressed: bigint }>(
    `SELECT coalesce(sum(decisions), 0)::int8 AS decisions,
       coalesce(sum(decisions) FILTER (WHERE is_intervention), 0)::int8 AS interventions,
       coalesce(sum(decisions) FILTER (WHERE NOT is_intervention AND risk_level <> 'LOW'), 0)::int8 AS suppressed
     FROM interventions.decision_counts`,
  );
  return setsOf(rows[0], null);
}

/**
 * From the tables themselves, read whole. The digest is the sum modulo 2^64 of the first 8 bytes (big endian, unsigned) of MD5 of
 * each prediction's id text.
 */
export async function readStoredTables(db: Queryable): Promise<readonly StoredSetRead[]> {
  const { rows } = await db.query<{ decisions: bigint; interventions: bigint; suppressed: bigint; digest: string }>(
    `SELECT count(*) AS decisions, (SELECT count(*) FROM interventions.offers) AS interventions,
       count(*) FILTER (WHERE suppression_reason IS NOT NULL AND risk_level <> 'LOW') AS suppressed,
       mod(coalesce(sum(('x' || left(md5(prediction_id::text), 16))::bit(64)::int8::numeric), 0), 18446744073709551616)::text
         AS digest
     FROM interventions.decisions`,
  );
  return setsOf(rows[0], BigInt.asUintN(64, BigInt(rows[0]?.digest ?? 0)));
}

function setsOf(
  counts: { decisions: bigint; interventions: bigint; suppressed: bigint } | undefined,
  digest: bigint | null,
): readonly StoredSetRead[] {
  return [
    { kind: 'decisions', count: counts?.decisions ?? 0n, idDigest: digest },
    { kind: 'interventions', count: counts?.interventions ?? 0n, idDigest: null },
    { kind: 'suppressed', count: counts?.suppressed ?? 0n, idDigest: null },
  ];
}
