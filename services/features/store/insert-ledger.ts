import type { LedgerRow, Mode } from '../../domain/bank/transaction.ts';
import { isReversal } from '../../domain/features/records.ts';
import { columns } from '../../platform/postgres/batch.ts';
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

/** Appends rows and their identities, each in one statement. The months of arrival must exist. */
export async function insertLedger(tx: Transaction, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await insertIds(tx, entries);
  await insertRows(tx, entries);
}

async function insertIds(tx: Transaction, entries: readonly LedgerEntry[]): Promise<void> {
  await tx.prepared(
    'features.insert-ids',
    `INSERT INTO features.transaction_ids
       (customer_id, transaction_id, content_sha256, ledger_position, undoes_transaction_id)
     SELECT customer_id, transaction_id, decode(content, 'hex'), ledger_position, undoes
     FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[])
       AS t (customer_id, transaction_id, content, ledger_position, undoes)`,
    columns(
      entries,
      (e) => e.customerId,
      (e) => e.row.transactionId,
      (e) => e.contentSha256,
      (e) => e.ledgerPosition,
      (e) => (isReversal(e.row) ? e.row.reversesTransactionId : null),
    ),
  );
}

async function insertRows(tx: Transaction, entries: readonly LedgerEntry[]): Promise<void> {
  await tx.prepared(
    'features.insert-ledger',
    `INSERT INTO features.ledger
       (customer_id, ledger_position, arrival_time, learned_ms, mode, topic_partition, log_offset, transaction_id,
        account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status, amount_minor,
        balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id, reverses_transaction_id,
        own_transfer, declares, triggers, prediction_id, profile_version, vector_sha256)
     SELECT customer_id, ledger_position, to_timestamp(arrival_ms / 1000.0), learned_ms, mode, topic_partition, log_offset,
        transaction_id, account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status,
        amount_minor, balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id, reverses,
        own_transfer, declares, string_to_array(triggers, ','), prediction_id, profile_version, vector_sha256
     FROM unnest($1::text[], $2::int8[], $3::float8[], $4::int8[], $5::text[], $6::int4[], $7::int8[], $8::text[],
        $9::text[], $10::int8[], $11::int8[], $12::int2[], $13::text[], $14::text[], $15::text[], $16::int8[],
        $17::int8[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
        $24::bool[], $25::int4[], $26::text[], $27::uuid[], $28::int8[], $29::text[])
       AS t (customer_id, ledger_position, arrival_ms, learned_ms, mode, topic_partition, log_offset, transaction_id,
        account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status, amount_minor,
        balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id, reverses,
        own_transfer, declares, triggers, prediction_id, profile_version, vector_sha256)`,
    columns(
      entries,
      (e) => e.customerId,
      (e) => e.ledgerPosition,
      (e) => e.arrivalMs,
      (e) => e.learnedMs,
      (e) => e.mode,
      (e) => e.topicPartition,
      (e) => e.logOffset,
      (e) => e.row.transactionId,
      (e) => e.row.accountId,
      (e) => e.row.occurredMs,
      (e) => e.row.bookedMs,
      (e) => e.row.utcOffsetMinutes,
      (e) => e.row.timePrecision,
      (e) => e.row.direction,
      (e) => e.row.status,
      (e) => e.row.amountMinor,
      (e) => e.row.balanceAfterMinor,
      (e) => e.row.channel,
      (e) => e.row.category,
      (e) => e.row.merchantId,
      (e) => e.row.counterpartyId,
      (e) => e.row.obligationId,
      (e) => e.row.reversesTransactionId,
      (e) => e.row.ownTransfer,
      (e) => e.row.declares,
      (e) => e.triggered?.triggers.join(','),
      (e) => e.triggered?.predictionId,
      (e) => e.triggered?.profileVersion,
      (e) => e.triggered?.vectorSha256,
    ),
  );
}
