import type { Category, Channel } from '../bank/transaction.ts';

/** Which ledger rows are scored, as data. */
export interface TriggerPolicy {
  readonly version: string;
  /** A failed transaction. */
  readonly failed: boolean;
  /** Amounts over this many minor units, by ISO 4217 currency. */
  readonly largeAmountMinor: Readonly<Record<string, number>>;
  /** Where the currency is not listed: amounts over this many times the customer's median debit. */
  readonly largeAmountInMedianDebits: number;
  /** Debits through these channels. */
  readonly withdrawalChannels: readonly Channel[];
  /** Rows of these categories. */
  readonly categories: readonly Category[];
  /** Every k-th ledger row of a customer; 0: none. */
  readonly everyRows: number;
}

/** EUR is the synthetic bank's currency: 5,000.00. */
export const DEFAULT_TRIGGER_POLICY: TriggerPolicy = {
  version: '1',
  failed: true,
  largeAmountMinor: { EUR: 500_000 },
  largeAmountInMedianDebits: 10,
  withdrawalChannels: ['atm', 'branch'],
  categories: ['utilities', 'rent', 'insurance'],
  everyRows: 10,
};
