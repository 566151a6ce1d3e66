import type { Queryable } from '../../platform/postgres/pool.ts';

export interface StoredCount {
  readonly kind: 'ledger' | 'triggered' | 'expired';
  readonly count: bigint;
  /** Over transaction ids (ledger) or prediction ids (triggered), as StoredSet of the contract defines it; null if not asked for. */
  readonly idDigest: bigint | null;
}

/** Ledger rows by the counters that move with the offsets: a few rows, whatever is stored. */
export async function countLedger(db: Queryable): Promise<readonly StoredCount[]> {
  const { rows } = await db.query<{ count: string; expired: string }>(
    `SELECT (SELECT coalesce(sum(accepted), 0) FROM features.consumer_positions)::text AS count,
            (SELECT coalesce(sum(ledger_rows), 0) FROM features.dropped_months)::text AS expired`,
  );
  const { count = '0', expired = '0' } = rows[0] ?? {};
  return [
    { kind: 'ledger', count: BigInt(count), idDigest: null },
    { kind: 'expired', count: BigInt(expired), idDigest: null },
  ];
}

/** Ledger rows and triggered rows by reading the ledger whole, with what the months that were dropped held. */
export async function countTables(db: Queryable): Promise<readonly StoredCount[]> {
  const { rows } = await db.query<Digests>(
    `SELECT l.ledger + d.ledger AS ledger, l.triggered + d.triggered AS triggered, d.ledger AS expired,
            (l.ledger_sum + d.ledger_sum)::text AS "ledgerSum", (l.triggered_sum + d.triggered_sum)::text AS "triggeredSum"
     FROM (SELECT count(*) AS ledger, count(prediction_id) AS triggered,
             ${digestSum('transaction_id')} AS ledger_sum, ${digestSum('prediction_id::text')} AS triggered_sum
           FROM features.ledger) l,
          (SELECT coalesce(sum(ledger_rows), 0)::int8 AS ledger, coalesce(sum(triggered_rows), 0)::int8 AS triggered,
             coalesce(sum(ledger_digest), 0) AS ledger_sum, coalesce(sum(triggered_digest), 0) AS triggered_sum
           FROM features.dropped_months) d`,
  );
  const { ledger = 0n, triggered = 0n, expired = 0n, ledgerSum = '0', triggeredSum = '0' } = rows[0] ?? {};
  return [
    { kind: 'ledger', count: ledger, idDigest: modulo64(ledgerSum) },
    { kind: 'triggered', count: triggered, idDigest: modulo64(triggeredSum) },
    { kind: 'expired', count: expired, idDigest: null },
  ];
}

interface Digests {
  readonly ledger: bigint;
  readonly triggered: bigint;
  readonly expired: bigint;
  readonly ledgerSum: string;
  readonly triggeredSum: string;
}

function digestSum(id: string): string {
  return `coalesce(sum(('x' || left(md5(${id}), 16))::bit(64)::int8::numeric), 0)`;
}

/** Of a sum of signed digests: signed or not, it is the same modulo 2^64. */
function modulo64(sum: string): bigint {
  return BigInt.asUintN(64, BigInt(sum));
}
