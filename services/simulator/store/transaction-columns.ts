import type { LedgerRow } from '../../domain/bank/transaction.ts';
import { columns } from '../../platform/postgres/batch.ts';

/** The columns of a ledger row in `bank.transactions`, written and read here and nowhere else. */

export const TRANSACTION_COLUMNS = `transaction_id, account_id, occurred_time, booking_time, utc_offset_minutes, time_precision,
  direction, status, amount_minor, balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id,
  reverses_transaction_id, own_transfer, declares`;

/** Types of the arrays that {@link transactionArrays} gives, for unnest. */
export const TRANSACTION_ARRAY_TYPES = [
  'text[]',
  'text[]',
  'float8[]',
  'float8[]',
  'int2[]',
  'text[]',
  'text[]',
  'text[]',
  'int8[]',
  'int8[]',
  'text[]',
  'text[]',
  'text[]',
  'text[]',
  'text[]',
  'text[]',
  'bool[]',
  'int2[]',
] as const;

export function transactionArrays(rows: readonly LedgerRow[]): unknown[] {
  return columns<LedgerRow>(
    rows,
    (r) => r.transactionId,
    (r) => r.accountId,
    (r) => r.occurredMs,
    (r) => r.bookedMs,
    (r) => r.utcOffsetMinutes,
    (r) => r.timePrecision,
    (r) => r.direction,
    (r) => r.status,
    (r) => r.amountMinor,
    (r) => r.balanceAfterMinor,
    (r) => r.channel,
    (r) => r.category,
    (r) => r.merchantId,
    (r) => r.counterpartyId,
    (r) => r.obligationId,
    (r) => r.reversesTransactionId,
    (r) => r.ownTransfer,
    (r) => r.declares,
  );
}

/** Select list that {@link rowFromTable} reads; times as milliseconds since the epoch. */
export const TRANSACTION_SELECT = `sequence::float8 AS sequence, customer_id, transaction_id, account_id,
  (extract(epoch FROM occurred_time) * 1000)::float8 AS occurred_ms,
  (extract(epoch FROM booking_time) * 1000)::float8 AS booked_ms,
  utc_offset_minutes, time_precision, direction, status, amount_minor::float8 AS amount_minor,
  balance_after_minor::float8 AS balance_after_minor, channel, category, merchant_id, counterparty_id, obligation_id,
  reverses_transaction_id, own_transfer, declares`;

export interface TransactionTableRow {
  readonly sequence: number;
  readonly customer_id: string;
  readonly transaction_id: string;
  readonly account_id: string;
  readonly occurred_ms: number;
  readonly booked_ms: number;
  readonly utc_offset_minutes: number;
  readonly time_precision: LedgerRow['timePrecision'];
  readonly direction: LedgerRow['direction'];
  readonly status: LedgerRow['status'];
  readonly amount_minor: number;
  readonly balance_after_minor: number | null;
  readonly channel: LedgerRow['channel'];
  readonly category: LedgerRow['category'];
  readonly merchant_id: string | null;
  readonly counterparty_id: string | null;
  readonly obligation_id: string | null;
  readonly reverses_transaction_id: string | null;
  readonly own_transfer: boolean;
  readonly declares: number;
}

export function rowFromTable(r: TransactionTableRow): LedgerRow {
  return {
    transactionId: r.transaction_id,
    accountId: r.account_id,
    occurredMs: r.occurred_ms,
    bookedMs: r.booked_ms,
    utcOffsetMinutes: r.utc_offset_minutes,
    timePrecision: r.time_precision,
    direction: r.direction,
    status: r.status,
    amountMinor: r.amount_minor,
    balanceAfterMinor: r.balance_after_minor,
    channel: r.channel,
    category: r.category,
    merchantId: r.merchant_id,
    counterpartyId: r.counterparty_id,
    obligationId: r.obligation_id,
    reversesTransactionId: r.reverses_transaction_id,
    ownTransfer: r.own_transfer,
    declares: r.declares,
  };
}
