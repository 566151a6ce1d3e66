import type { LedgerRow, Mode } from '../../domain/bank/transaction.ts';
import { isReversal } from '../../domain/features/records.ts';
import { arrayParameter } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';

/** A ledger row as it is appended. */
export interface LedgerEntry {
  readonly customerId: string;
  readonly ledgerPosition: number;
  readonly row: LedgerRow;
  readonly mode: Mode;
  readonly contentSha256: string;
  /** The broker's append time, milliseconds since the epoch. */
  readonly arrivalMs: number;
  readonly learnedMs: number;
  readonly topicPartition: number;
  readonly logOffset: bigint;
  /** Null: nothing was triggered. */
  readonly triggered: {
    readonly triggers: readonly string[];
    readonly predictionId: string;
    readonly profileVersion: number;
    readonly vectorSha256: string;
  } | null;
}

/** Appends rows and their identities in one statement. The months of arrival must exist. */
export async function insertLedger(tx: Transaction, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.prepared(
    'features.insert-ledger',
    INSERT,
    COLUMNS.map(([, , get]) => arrayParameter(entries.map(get))),
  );
}

type Column = readonly [name: string, type: string, get: (entry: LedgerEntry) => unknown];

/** What is handed over, one array a column. */
const COLUMNS: readonly Column[] = [
  ['customer_id', 'text', (e) => e.customerId],
  ['ledger_position', 'int8', (e) => e.ledgerPosition],
  ['content_sha256', 'text', (e) => e.contentSha256],
  ['undoes', 'text', (e) => (isReversal(e.row) ? e.row.reversesTransactionId : null)],
  ['arrival_ms', 'float8', (e) => e.arrivalMs],
  ['learned_ms', 'int8', (e) => e.learnedMs],
  ['mode', 'text', (e) => e.mode],
  ['topic_partition', 'int4', (e) => e.topicPartition],
  ['log_offset', 'int8', (e) => e.logOffset],
  ['transaction_id', 'text', (e) => e.row.transactionId],
  ['account_id', 'text', (e) => e.row.accountId],
  ['occurred_ms', 'int8', (e) => e.row.occurredMs],
  ['booked_ms', 'int8', (e) => e.row.bookedMs],
  ['utc_offset_minutes', 'int2', (e) => e.row.utcOffsetMinutes],
  ['time_precision', 'text', (e) => e.row.timePrecision],
  ['direction', 'text', (e) => e.row.direction],
  ['status', 'text', (e) => e.row.status],
  ['amount_minor', 'int8', (e) => e.row.amountMinor],
  ['balance_after_minor', 'int8', (e) => e.row.balanceAfterMinor],
  ['channel', 'text', (e) => e.row.channel],
  ['category', 'text', (e) => e.row.category],
  ['merchant_id', 'text', (e) => e.row.merchantId],
  ['counterparty_id', 'text', (e) => e.row.counterpartyId],
  ['obligation_id', 'text', (e) => e.row.obligationId],
  ['reverses_transaction_id', 'text', (e) => e.row.reversesTransactionId],
  ['own_transfer', 'bool', (e) => e.row.ownTransfer],
  ['declares', 'int4', (e) => e.row.declares],
  ['triggers', 'text', (e) => e.triggered?.triggers.join(',')],
  ['prediction_id', 'uuid', (e) => e.triggered?.predictionId],
  ['profile_version', 'int8', (e) => e.triggered?.profileVersion],
  ['vector_sha256', 'text', (e) => e.triggered?.vectorSha256],
];

const INSERT = `
  WITH entries AS MATERIALIZED (
    SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
      AS t (${COLUMNS.map(([name]) => name).join(', ')})
  ), ids AS (
    INSERT INTO features.transaction_ids
      (customer_id, transaction_id, content_sha256, ledger_position, undoes_transaction_id)
    SELECT customer_id, transaction_id, decode(content_sha256, 'hex'), ledger_position, undoes FROM entries
  )
  INSERT INTO features.ledger
    (customer_id, ledger_position, arrival_time, learned_ms, mode, topic_partition, log_offset, transaction_id,
     account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status, amount_minor,
     balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id, reverses_transaction_id,
     own_transfer, declares, triggers, prediction_id, profile_version, vector_sha256)
  SELECT customer_id, ledger_position, to_timestamp(arrival_ms / 1000.0), learned_ms, mode, topic_partition, log_offset,
     transaction_id, account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status,
     amount_minor, balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id,
     reverses_transaction_id, own_transfer, declares, string_to_array(triggers, ','), prediction_id, profile_version,
     vector_sha256
  FROM entries`;
