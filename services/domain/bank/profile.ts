import type { Mode } from './transaction.ts';

/** What the bank knows of a customer beside transactions. Versions are never overwritten. */

export type ObligationKind = 'rent' | 'utilities' | 'insurance' | 'loan' | 'card' | 'subscription';
export type ContactChannel = 'phone_call' | 'sms' | 'email';
export type Standing = 'open' | 'closed' | 'forborne';

/** Payments that fall due at firstDueDate and every interval after it, until lastDueDate. */
export interface Obligation {
  readonly obligationId: string;
  readonly kind: ObligationKind;
  /** Each payment, past ones too, minor units, from 1: another amount is another obligation, and this one ends. */
  readonly amountMinor: number;
  /** Days since the epoch (1970-01-01 is 0). */
  readonly firstDueDay: number;
  /** Null: a single payment. By months: the first due date's day of the month, or the month's last day. */
  readonly interval:
    | { readonly kind: 'months'; readonly months: number }
    | { readonly kind: 'days'; readonly days: number }
    | null;
  /** Inclusive; null: until further notice. */
  readonly lastDueDay: number | null;
}

export interface Consent {
  readonly channel: ContactChannel;
  readonly granted: boolean;
  readonly recordedMs: number;
}

export interface Profile {
  readonly customerId: string;
  /** From 1, rising. */
  readonly version: number;
  /** A vector at t uses the latest version with effectiveMs <= t. */
  readonly effectiveMs: number;
  /** IANA name; null: not told. */
  readonly timeZone: string | null;
  readonly consents: readonly Consent[];
  readonly obligations: readonly Obligation[];
  /** False: the feed tells no obligations, payment features are unknown. */
  readonly obligationsDeclared: boolean;
  /** 1-31; null: unknown, the cycle is found from the credits. */
  readonly salaryDayOfMonth: number | null;
  readonly standing: Standing;
  readonly mode: Mode;
}
