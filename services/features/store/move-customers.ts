import type { Mode } from '../../domain/bank/transaction.ts';
import { columns } from '../../platform/postgres/batch.ts';
import { type Transaction, together } from '../../platform/postgres/pool.ts';

/** A customer's facts before and after a batch. */
export interface CustomerMove {
  readonly customerId: string;
  readonly currency: string;
  readonly fromRows: number;
  readonly toRows: number;
  readonly topicPartition: number;
  readonly latestOccurredMs: number;
  readonly mode: Mode;
}

/**
 * Moves every customer's facts from exactly where the batch found them, so that no ledger position is ever given twice.
 *
 * @returns false if a customer stands elsewhere: another owner wrote. Roll back and forget.
 */
export async function moveCustomers(tx: Transaction, moves: readonly CustomerMove[]): Promise<boolean> {
  // In one order everywhere, so that two owners wait for one another and never deadlock.
  const ordered = [...moves].sort((a, b) => (a.customerId < b.customerId ? -1 : 1));
  const fresh = ordered.filter((move) => move.fromRows === 0);
  const known = ordered.filter((move) => move.fromRows > 0);
  const [inserted, updated] = await together(insertCustomers(tx, fresh), updateCustomers(tx, known));
  return inserted + updated === moves.length;
}

async function insertCustomers(tx: Transaction, moves: readonly CustomerMove[]): Promise<number> {
  if (moves.length === 0) return 0;
  const { count } = await tx.prepared(
    'features.insert-customers',
    `INSERT INTO features.customers
       (customer_id, currency, ledger_rows, topic_partition, latest_occurred_ms, mode)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int4[], $5::int8[], $6::text[])
     ON CONFLICT (customer_id) DO NOTHING`,
    columns(
      moves,
      (m) => m.customerId,
      (m) => m.currency,
      (m) => m.toRows,
      (m) => m.topicPartition,
      (m) => m.latestOccurredMs,
      (m) => m.mode,
    ),
  );
  return count;
}

async function updateCustomers(tx: Transaction, moves: readonly CustomerMove[]): Promise<number> {
  if (moves.length === 0) return 0;
  const { count } = await tx.query(
    `UPDATE features.customers c SET
       ledger_rows = t.to_rows, topic_partition = t.topic_partition, latest_occurred_ms = t.latest_occurred_ms,
       mode = t.mode
     FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int4[], $5::int8[], $6::text[])
       AS t (customer_id, from_rows, to_rows, topic_partition, latest_occurred_ms, mode)
     WHERE c.customer_id = t.customer_id AND c.ledger_rows = t.from_rows`,
    columns(
      moves,
      (m) => m.customerId,
      (m) => m.fromRows,
      (m) => m.toRows,
      (m) => m.topicPartition,
      (m) => m.latestOccurredMs,
      (m) => m.mode,
    ),
  );
  return count;
}
