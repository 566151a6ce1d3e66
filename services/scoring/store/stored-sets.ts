import type { Queryable } from '../../platform/postgres/pool.ts';

/** A set of stored rows, as pde.operations.v1.StoredSet says. */
export interface StoredSet {
  readonly kind: 'predictions' | 'predictions_acted_on' | 'refused';
  readonly count: bigint;
  /** Sum modulo 2^64 of the first 8 bytes of MD5 of each id; null where it was not asked for. */
  readonly idDigest: bigint | null;
}

interface Counts {
  readonly predictions: bigint;
  readonly acted_on: bigint;
  readonly refused: bigint;
}

interface Digests extends Counts {
  readonly predictions_digest: string;
  readonly acted_on_digest: string;
  readonly refused_digest: string;
}

/** By the outbox's counters; an index over the few predictions that no transaction asked for makes it cheap at any size. */
const COUNT = `
SELECT published.n - (SELECT count(*) FROM scoring.predictions WHERE kind = 'request') AS predictions,
  published.n AS acted_on,
  (SELECT count(*) FROM scoring.refused WHERE transaction_id IS NOT NULL) AS refused
FROM (SELECT coalesce(sum(last_position), 0)::bigint AS n FROM scoring.outbox_shards WHERE outbox = 'predictions') published`;

const digest = (filter: string) =>
  `mod(mod(coalesce(sum(('x' || left(md5(prediction_id::text), 16))::bit(64)::bigint::numeric) ${filter}, 0),
    18446744073709551616) + 18446744073709551616, 18446744073709551616)::text`;
const TRANSACTION = `FILTER (WHERE kind = 'transaction')`;
const PUBLISHED = `FILTER (WHERE kind <> 'past')`;

/** By the tables themselves, read whole. */
const VERIFY = `
SELECT p.*, r.* FROM
  (SELECT count(*) ${TRANSACTION} AS predictions, ${digest(TRANSACTION)} AS predictions_digest,
     count(*) ${PUBLISHED} AS acted_on, ${digest(PUBLISHED)} AS acted_on_digest FROM scoring.predictions) p,
  (SELECT count(*) AS refused, ${digest('')} AS refused_digest FROM scoring.refused WHERE transaction_id IS NOT NULL) r`;

/**
 * Scores of transactions, all that are published, and refusals of transactions.
 *
 * @param verify true counts the tables and digests the ids; false answers from counters, without digests
 */
export async function storedSets(db: Queryable, verify: boolean): Promise<readonly StoredSet[]> {
  if (!verify) {
    const { rows } = await db.query<Counts>(COUNT);
    const [counts] = rows;
    return setsOf(counts!, () => null);
  }
  const { rows } = await db.query<Digests>(VERIFY);
  const [found] = rows;
  return setsOf(found!, (name) => BigInt(found![`${name}_digest`]));
}

function setsOf(counts: Counts, digestOf: (name: keyof Counts) => bigint | null): readonly StoredSet[] {
  return [
    { kind: 'predictions', count: counts.predictions, idDigest: digestOf('predictions') },
    { kind: 'predictions_acted_on', count: counts.acted_on, idDigest: digestOf('acted_on') },
    { kind: 'refused', count: counts.refused, idDigest: digestOf('refused') },
  ];
}
