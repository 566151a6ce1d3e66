import type { Queryable } from '../../platform/postgres/pool.ts';

/** How far a stream of a bank has been acknowledged. */
export interface Checkpoint {
  readonly bankId: string;
  readonly stream: string;
  readonly firstSequence: number;
  /** Transactions before it are acknowledged. */
  readonly nextSequence: number;
  readonly endSequence: number;
  /** Profiles before it are acknowledged. */
  readonly nextProfileSequence: number;
}

export interface StreamBounds {
  readonly bankId: string;
  readonly stream: string;
  readonly mode: 'replay' | 'live';
  readonly firstSequence: number;
  readonly endSequence: number;
}

/** Opens a stream where it stopped, or at its beginning. */
export async function openCheckpoint(db: Queryable, o: StreamBounds): Promise<Checkpoint> {
  const { rows } = await db.query<{ first: number; next: number; end: number; profile: number }>(
    `INSERT INTO bank.streams AS s (bank_id, stream, mode, first_sequence, next_sequence, end_sequence, next_profile_sequence, runs)
     VALUES ($1::text, $2::text, $3::text, $4::int8, $4::int8, $5::int8, 0, 1)
     ON CONFLICT (bank_id, stream) DO UPDATE SET mode = EXCLUDED.mode, runs = s.runs + 1, update_time = now()
     RETURNING first_sequence::float8 AS first, next_sequence::float8 AS next, end_sequence::float8 AS end,
       next_profile_sequence::float8 AS profile`,
    [o.bankId, o.stream, o.mode, o.firstSequence, o.endSequence],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`stream ${o.stream} of bank ${o.bankId} was not opened`);
  const { first: firstSequence, next: nextSequence, end: endSequence, profile: nextProfileSequence } = row;
  return { bankId: o.bankId, stream: o.stream, firstSequence, nextSequence, endSequence, nextProfileSequence };
}

/** Moves a checkpoint forward; never back. */
export async function moveCheckpoint(
  db: Queryable,
  at: Pick<Checkpoint, 'bankId' | 'stream'>,
  to: { readonly nextSequence: number; readonly nextProfileSequence: number },
  acknowledged: { readonly transactions: number; readonly profiles: number },
): Promise<void> {
  await db.prepared(
    'move_checkpoint',
    `UPDATE bank.streams SET next_sequence = greatest(next_sequence, $3::int8),
       next_profile_sequence = greatest(next_profile_sequence, $4::int8),
       transactions_acknowledged = transactions_acknowledged + $5::int8,
       profiles_acknowledged = profiles_acknowledged + $6::int8, update_time = now()
     WHERE bank_id = $1::text AND stream = $2::text`,
    [at.bankId, at.stream, to.nextSequence, to.nextProfileSequence, acknowledged.transactions, acknowledged.profiles],
  );
}

/** Puts a checkpoint aside, so that its stream begins anew; what was acknowledged up to it stays known under another name. */
export async function retireCheckpoint(db: Queryable, bankId: string, stream: string): Promise<void> {
  await db.query(
    `UPDATE bank.streams
     SET stream = stream || ' until ' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
     WHERE bank_id = $1::text AND stream = $2::text`,
    [bankId, stream],
  );
}

export interface AcknowledgedIds {
  /** Distinct transaction ids that the broker acknowledged, over all streams of the bank. */
  readonly count: number;
  /** Sum modulo 2^64 of the first 8 bytes (big endian) of MD5 of each id, in decimal, as StoredSet.id_digest has it. */
  readonly idDigest: string;
}

export async function acknowledgedIds(db: Queryable, bankId: string): Promise<AcknowledgedIds> {
  const { rows } = await db.query<{ count: number; digest: string }>(
    `SELECT count(*)::float8 AS count,
       mod(mod(coalesce(sum(('x' || left(md5(t.transaction_id), 16))::bit(64)::int8::numeric), 0), 18446744073709551616)
         + 18446744073709551616, 18446744073709551616)::text AS digest
     FROM bank.transactions t
     WHERE t.bank_id = $1::text AND EXISTS (
       SELECT FROM bank.streams s
       WHERE s.bank_id = t.bank_id AND t.sequence >= s.first_sequence AND t.sequence < s.next_sequence)`,
    [bankId],
  );
  return { count: rows[0]?.count ?? 0, idDigest: rows[0]?.digest ?? '0' };
}
