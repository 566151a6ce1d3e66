import type { Queryable } from '../../platform/postgres/pool.ts';

export interface StoredCount {
  readonly kind: 'ledger' | 'triggered';
  readonly count: bigint;
  /** Over transaction ids (ledger) or prediction ids (triggered), as StoredSet of the contract defines it; null if not asked for. */
  readonly idDigest: bigint | null;
}

/** Ledger rows by the counters that move with the offsets: a few rows, whatever is stored. */
export async function countLedger(db: Queryable): Promise<readonly StoredCount[]> {
  const { rows } = await db.query<{ count: string }>(
    'SELECT coalesce(sum(accepted), 0)::text AS count FROM features.consumer_positions',
  );
  return [{ kind: 'ledger', count: BigInt(rows[0]?.count ?? 0), idDigest: null }];
}

/** Ledger rows and triggered rows by reading the ledger whole. */
export async function countTables(db: Queryable): Promise<readonly StoredCount[]> {
  const { rows } = await db.query<{ ledger: bigint; triggered: bigint; ledgerSum: string; triggeredSum: string }>(
    `SELECT count(*) AS ledger, count(prediction_id) AS triggered,
            ${digestSum('transaction_id')} AS "ledgerSum", ${digestSum('prediction_id::text')} AS "triggeredSum"
     FROM features.ledger`,
  );
  const { ledger = 0n, triggered = 0n, ledgerSum = '0', triggeredSum = '0' } = rows[0] ?? {};
  return [
    { kind: 'ledger', count: ledger, idDigest: modulo64(ledgerSum) },
    { kind: 'triggered', count: triggered, idDigest: modulo64(triggeredSum) },
  ];
}

function digestSum(id: string): string {
  return `coalesce(sum(('x' || left(md5(${id}), 16))::bit(64)::int8::numeric), 0)::text`;
}

/** Of a sum of signed digests: signed or not, it is the same modulo 2^64. */
function modulo64(sum: string): bigint {
  return BigInt.asUintN(64, BigInt(sum));
}
