/** The ledger's columns as LedgerRow has them. */
import type { LedgerRow } from '../../domain/bank/transaction.ts';

/** Select list over the ledger under the alias `l`. Numbers come as float8: every bound is below 2^53. */
export const LEDGER_COLUMNS = `
  l.transaction_id AS "transactionId", l.account_id AS "accountId", l.occurred_ms::float8 AS "occurredMs",
  l.booked_ms::float8 AS "bookedMs", l.utc_offset_minutes AS "utcOffsetMinutes", l.time_precision AS "timePrecision",
  l.direction, l.status, l.amount_minor::float8 AS "amountMinor", l.balance_after_minor::float8 AS "balanceAfterMinor",
  l.channel, l.category, l.merchant_id AS "merchantId", l.counterparty_id AS "counterpartyId",
  l.obligation_id AS "obligationId", l.reverses_transaction_id AS "reversesTransactionId",
  l.own_transfer AS "ownTransfer", l.declares`;

/** Just the fields of a LedgerRow, from a row that was selected with LEDGER_COLUMNS among others. */
export function ledgerRowOf(selected: LedgerRow): LedgerRow {
  return {
    transactionId: selected.transactionId,
    accountId: selected.accountId,
    occurredMs: selected.occurredMs,
    bookedMs: selected.bookedMs,
    utcOffsetMinutes: selected.utcOffsetMinutes,
    timePrecision: selected.timePrecision,
    direction: selected.direction,
    status: selected.status,
    amountMinor: selected.amountMinor,
    balanceAfterMinor: selected.balanceAfterMinor,
    channel: selected.channel,
    category: selected.category,
    merchantId: selected.merchantId,
    counterpartyId: selected.counterpartyId,
    obligationId: selected.obligationId,
    reversesTransactionId: selected.reversesTransactionId,
    ownTransfer: selected.ownTransfer,
    declares: selected.declares,
  };
}
