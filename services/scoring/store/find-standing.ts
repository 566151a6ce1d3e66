import type { Queryable } from '../../platform/postgres/pool.ts';

/** What stands under an id: a score, or a refusal. */
export interface Standing {
  readonly kind: 'scored' | 'refused';
  /** Hexadecimal. */
  readonly vectorSha256: string;
}

const SQL = `
SELECT prediction_id, 'scored' AS kind, encode(vector_sha256, 'hex') AS vector_sha256
  FROM scoring.predictions WHERE prediction_id = ANY ($1::uuid[])
UNION ALL
SELECT prediction_id, 'refused', encode(vector_sha256, 'hex')
  FROM scoring.refused WHERE prediction_id = ANY ($1::uuid[])`;

/** Those of these ids that stand already, by id. */
export async function findStanding(tx: Queryable, ids: readonly string[]): Promise<Map<string, Standing>> {
  const { rows } = await tx.prepared<{ prediction_id: string; kind: Standing['kind']; vector_sha256: string }>(
    'scoring-find-standing',
    SQL,
    [ids],
  );
  return new Map(rows.map((row) => [row.prediction_id, { kind: row.kind, vectorSha256: row.vector_sha256 }]));
}
