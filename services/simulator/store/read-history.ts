import type { Queryable } from '../../platform/postgres/pool.ts';
import type { CustomerHistory } from './bank-rows.ts';
import { PROFILE_SELECT, type ProfileTableRow, profileFromTable } from './profile-columns.ts';
import { rowFromTable, TRANSACTION_SELECT, type TransactionTableRow } from './transaction-columns.ts';

const CUSTOMERS_A_QUERY = 25;

/** Every customer of a bank with all that the bank tells of them, in order of id, some at a time in memory. */
export async function* readHistories(db: Queryable, bankId: string): AsyncGenerator<CustomerHistory> {
  const { rows } = await db.query<{ customer_id: string }>(
    'SELECT customer_id FROM bank.customers WHERE bank_id = $1::text ORDER BY customer_id COLLATE "C"',
    [bankId],
  );
  for (let at = 0; at < rows.length; at += CUSTOMERS_A_QUERY) {
    const ids = rows.slice(at, at + CUSTOMERS_A_QUERY).map((row) => row.customer_id);
    yield* await readSome(db, bankId, ids);
  }
}

async function readSome(db: Queryable, bankId: string, ids: readonly string[]): Promise<CustomerHistory[]> {
  const transactions = await db.query<TransactionTableRow>(
    `SELECT ${TRANSACTION_SELECT} FROM bank.transactions
     WHERE bank_id = $1::text AND customer_id = ANY ($2::text[]) ORDER BY customer_id, sequence`,
    [bankId, ids],
  );
  const profiles = await db.query<ProfileTableRow>(
    `SELECT ${PROFILE_SELECT} FROM bank.profiles
     WHERE bank_id = $1::text AND customer_id = ANY ($2::text[]) ORDER BY customer_id, version`,
    [bankId, ids],
  );
  const rowsOf = Map.groupBy(transactions.rows, (row) => row.customer_id);
  const profilesOf = Map.groupBy(profiles.rows, (row) => row.customer_id);
  return ids.map((customerId) => ({
    customerId,
    profiles: (profilesOf.get(customerId) ?? []).map(profileFromTable),
    rows: (rowsOf.get(customerId) ?? []).map(rowFromTable),
  }));
}
