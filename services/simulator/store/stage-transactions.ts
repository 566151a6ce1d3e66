import type { LedgerRow } from '../../domain/bank/transaction.ts';
import { columns, slices } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { TRANSACTION_ARRAY_TYPES, TRANSACTION_COLUMNS, transactionArrays } from './transaction-columns.ts';

/** A row on its way into the bank; rows booked at the same instant are sent in the order of (tieKey, tieOrder). */
export interface StagedRow {
  readonly customerId: string;
  readonly row: LedgerRow;
  readonly tieKey: string;
  readonly tieOrder: number;
}

const BATCH_ROWS = 2_000;

/** Opens a table that lives for this transaction and has no order yet. */
export async function openStage(tx: Transaction): Promise<void> {
  await tx.query(
    `CREATE TEMPORARY TABLE staged (customer_id text, tie_key text, tie_order int, transaction_id text, account_id text,
       occurred_time timestamptz, booking_time timestamptz, utc_offset_minutes int2, time_precision text, direction text,
       status text, amount_minor int8, balance_after_minor int8, channel text, category text, merchant_id text,
       counterparty_id text, obligation_id text, reverses_transaction_id text, own_transfer bool, declares int2
     ) ON COMMIT DROP`,
  );
}

const ARRAYS = ['text[]', 'text[]', 'int4[]', ...TRANSACTION_ARRAY_TYPES].map((type, i) => `$${i + 1}::${type}`);

const INSERT = `INSERT INTO staged (customer_id, tie_key, tie_order, ${TRANSACTION_COLUMNS})
  SELECT c1, c2, c3, c4, c5, to_timestamp(c6 / 1000), to_timestamp(c7 / 1000), c8, c9, c10, c11, c12, c13, c14, c15, c16, c17,
    c18, c19, c20, c21
  FROM unnest(${ARRAYS.join(', ')}) AS s (${ARRAYS.map((_, i) => `c${i + 1}`).join(', ')})`;

export async function stageTransactions(tx: Transaction, staged: readonly StagedRow[]): Promise<void> {
  for (const slice of slices(staged, BATCH_ROWS)) {
    const places = columns<StagedRow>(
      slice,
      (s) => s.customerId,
      (s) => s.tieKey,
      (s) => s.tieOrder,
    );
    await tx.prepared('stage_transactions', INSERT, [...places, ...transactionArrays(slice.map((s) => s.row))]);
  }
}

/** Gives every staged row its place in the order of sending and moves them into the bank. @returns how many */
export async function placeTransactions(tx: Transaction, bankId: string): Promise<number> {
  const { count } = await tx.query(
    `INSERT INTO bank.transactions (bank_id, sequence, customer_id, ${TRANSACTION_COLUMNS})
     SELECT $1::text, row_number() OVER (ORDER BY booking_time, tie_key COLLATE "C", tie_order) - 1, customer_id, ${TRANSACTION_COLUMNS}
     FROM staged`,
    [bankId],
  );
  return count;
}
