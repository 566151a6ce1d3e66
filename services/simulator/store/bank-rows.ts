import type { Profile } from '../../domain/bank/profile.ts';
import type { LedgerRow } from '../../domain/bank/transaction.ts';

/** What the tables of `bank` hold, in the domain's words. */

export interface BankFacts {
  readonly bankId: string;
  readonly kind: 'berka' | 'synthetic';
  readonly seed: number | null;
  readonly months: number | null;
  readonly parametersSha256: string | null;
  /** Sha256 of each file read, by name; null for a synthetic bank. */
  readonly sources: Readonly<Record<string, string>> | null;
  readonly currency: string;
  readonly customers: number;
  readonly profiles: number;
  readonly transactions: number;
  readonly skippedLines: number;
  readonly firstBookedMs: number | null;
  readonly lastBookedMs: number | null;
  /** The data are complete up to here, exclusive. */
  readonly dataEndMs: number;
}

/** A row with its place in the order of sending. */
export interface BankTransaction {
  readonly sequence: number;
  readonly customerId: string;
  readonly row: LedgerRow;
}

/** A profile version with its place in the order of effective times. */
export interface BankProfile {
  readonly sequence: number;
  /** It goes out before the transaction with this sequence. */
  readonly beforeSequence: number;
  readonly profile: Profile;
}

/** Everything a bank tells of one customer, in the order it was learned. */
export interface CustomerHistory {
  readonly customerId: string;
  readonly profiles: readonly Profile[];
  readonly rows: readonly LedgerRow[];
}
