/**
 * What the engine knows of a customer's money, in the domain's own words. Contract messages are converted to these at the
 * edge (`convert.ts` of each service) and nowhere else.
 */

export type Direction = 'credit' | 'debit';
export type TransactionStatus = 'settled' | 'failed';
export type TimePrecision = 'day' | 'second';
export type Mode = 'live' | 'replay';
export type Channel = 'unknown' | 'card' | 'atm' | 'branch' | 'transfer' | 'direct_debit' | 'internal';

export type Category =
  | 'unknown'
  | 'salary'
  | 'benefit'
  | 'interest'
  | 'groceries'
  | 'utilities'
  | 'rent'
  | 'insurance'
  | 'health'
  | 'transport'
  | 'dining'
  | 'entertainment'
  | 'shopping'
  | 'travel'
  | 'gambling'
  | 'loan'
  | 'subscription'
  | 'card_payment'
  | 'cash'
  | 'fee'
  | 'overdraft_charge'
  | 'other';

/** What a feed tells whenever it happens, so that its absence is a measured zero; a bit set. */
export const Declares = {
  failures: 1,
  merchant: 2,
  spendingCategory: 4,
  billCategory: 8,
  overdraftCharges: 16,
  channel: 32,
} as const;

/**
 * One row of a customer's ledger. Rows are known in the order the engine learned of them: the n-th has ledger position n,
 * from 1, and failed transactions and reversals count too.
 */
export interface LedgerRow {
  readonly transactionId: string;
  readonly accountId: string;
  /** Milliseconds since the epoch, UTC. With day precision: the local midnight that starts the day. */
  readonly occurredMs: number;
  /** When the bank booked it, milliseconds since the epoch; occurredMs where the feed does not tell. */
  readonly bookedMs: number;
  /** Local offset from UTC, minutes, -840 to 840; 0 where the feed does not tell. */
  readonly utcOffsetMinutes: number;
  readonly timePrecision: TimePrecision;
  readonly direction: Direction;
  readonly status: TransactionStatus;
  /** Minor units, 1 to 1e13: a safe integer. */
  readonly amountMinor: number;
  /** Balance of the account after it, minor units; null where the feed does not tell. */
  readonly balanceAfterMinor: number | null;
  readonly channel: Channel;
  readonly category: Category;
  /** Null: none, or the feed does not tell (see declares). */
  readonly merchantId: string | null;
  readonly counterpartyId: string | null;
  /** The obligation it pays; null: not told, payments are matched by kind. */
  readonly obligationId: string | null;
  /** The transaction it undoes; null: none. */
  readonly reversesTransactionId: string | null;
  /** A transfer between the customer's own accounts is no flow. */
  readonly ownTransfer: boolean;
  /** Bit set over {@link Declares}. */
  readonly declares: number;
}
