import type { Queryable } from '../../platform/postgres/pool.ts';
import type { BankProfile, BankTransaction } from './bank-rows.ts';
import { PROFILE_SELECT, type ProfileTableRow, profileFromTable } from './profile-columns.ts';
import { rowFromTable, TRANSACTION_SELECT, type TransactionTableRow } from './transaction-columns.ts';

/**
 * Transactions from a sequence on, in the order of sending, before `end`, at most `limit`. Sequences have no gaps, so the page is
 * bounded on both sides: whatever the statistics say of a table that was just imported, only its own rows are read.
 */
export async function readTransactions(
  db: Queryable,
  bankId: string,
  from: number,
  end: number,
  limit: number,
): Promise<readonly BankTransaction[]> {
  const { rows } = await db.prepared<TransactionTableRow>(
    'read_transactions',
    `SELECT ${TRANSACTION_SELECT} FROM bank.transactions
     WHERE bank_id = $1::text AND sequence >= $2::int8 AND sequence < $3::int8 ORDER BY sequence`,
    [bankId, from, Math.min(end, from + limit)],
  );
  return rows.map((row) => ({ sequence: row.sequence, customerId: row.customer_id, row: rowFromTable(row) }));
}

/** Profiles from a position on that have to precede a transaction before `end`, in order, at most `limit`. */
export async function readProfiles(
  db: Queryable,
  bankId: string,
  from: number,
  end: number,
  limit: number,
): Promise<readonly BankProfile[]> {
  const { rows } = await db.prepared<ProfileTableRow>(
    'read_profiles',
    `SELECT ${PROFILE_SELECT} FROM bank.profiles
     WHERE bank_id = $1::text AND sequence >= $2::int8 AND before_sequence < $3::int8 ORDER BY sequence LIMIT $4::int4`,
    [bankId, from, end, limit],
  );
  return rows.map((row) => ({
    sequence: row.sequence,
    beforeSequence: row.before_sequence,
    profile: profileFromTable(row),
  }));
}

/** Sequence of the first transaction booked at or after an instant; the number of transactions if there is none. */
export async function sequenceAt(db: Queryable, bankId: string, bookedMs: number): Promise<number> {
  const { rows } = await db.query<{ sequence: number }>(
    `SELECT coalesce((SELECT t.sequence FROM bank.transactions t
                      WHERE t.bank_id = $1::text AND t.booking_time >= to_timestamp($2::float8 / 1000)
                      ORDER BY t.booking_time, t.sequence LIMIT 1),
                     (SELECT b.transactions FROM bank.banks b WHERE b.bank_id = $1::text))::float8 AS sequence`,
    [bankId, bookedMs],
  );
  return rows[0]?.sequence ?? 0;
}
