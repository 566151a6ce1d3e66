import type { Queryable } from '../../platform/postgres/pool.ts';

export interface StreamPosition {
  readonly stream: string;
  readonly mode: string;
  readonly first_sequence: number;
  readonly next_sequence: number;
  readonly end_sequence: number;
  readonly transactions_acknowledged: number;
  readonly profiles_acknowledged: number;
  readonly runs: number;
}

/** Every stream of a bank, in order of name. */
export async function listStreams(db: Queryable, bankId: string): Promise<readonly StreamPosition[]> {
  const { rows } = await db.query<StreamPosition>(
    `SELECT stream, mode, first_sequence::float8 AS first_sequence, next_sequence::float8 AS next_sequence,
       end_sequence::float8 AS end_sequence, transactions_acknowledged::float8 AS transactions_acknowledged,
       profiles_acknowledged::float8 AS profiles_acknowledged, runs
     FROM bank.streams WHERE bank_id = $1::text ORDER BY stream`,
    [bankId],
  );
  return rows;
}
