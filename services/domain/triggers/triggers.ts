import type { LedgerRow } from '../bank/transaction.ts';
import type { TriggerPolicy } from './policy.ts';

/** What a trigger may need beside the row. */
export interface TriggerContext {
  /** ISO 4217. */
  readonly currency: string;
  /** The customer's median debit, minor units; null: none known. Only called where the currency has no threshold. */
  readonly medianDebitMinor: () => number | null;
}

export type Trigger = 'failed' | 'large_amount' | 'cash_withdrawal' | 'category' | 'periodic';

/** Why a row is scored: every trigger that holds, in the policy's order; none: it is not scored. ledgerPosition is n, from 1. */
export function triggersOf(
  row: LedgerRow,
  ledgerPosition: number,
  context: TriggerContext,
  policy: TriggerPolicy,
): readonly Trigger[] {
  const triggers: Trigger[] = [];
  if (policy.failed && row.status === 'failed') triggers.push('failed');
  if (row.amountMinor > largeAmountOf(context, policy)) triggers.push('large_amount');
  if (row.direction === 'debit' && policy.withdrawalChannels.includes(row.channel)) triggers.push('cash_withdrawal');
  if (policy.categories.includes(row.category)) triggers.push('category');
  if (policy.everyRows > 0 && ledgerPosition % policy.everyRows === 0) triggers.push('periodic');
  return triggers;
}

/** Infinity where neither the currency nor the customer gives a threshold. */
function largeAmountOf(context: TriggerContext, policy: TriggerPolicy): number {
  const listed = policy.largeAmountMinor[context.currency];
  if (listed !== undefined) return listed;
  const median = context.medianDebitMinor();
  return median === null ? Number.POSITIVE_INFINITY : median * policy.largeAmountInMedianDebits;
}
