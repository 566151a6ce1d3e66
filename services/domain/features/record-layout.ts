import type { Category, Channel } from '../bank/transaction.ts';

/**
 * Ledger rows as compact records in one array of 32-bit words, sorted by (date, occurred time, ledger position). What few rows
 * differ in (account, obligation, offset, capabilities) is interned as a context, names as numbers.
 *
 * The words of a record: amount · balance after · date and flags · milliseconds of the local day (27 bits) and the party's high
 * bits · ledger position · the party's low bits and the context. Six words, 24 bytes, serve amounts below 2^32 and balances of
 * 32 bits with a sign; a window that meets larger ones gives all its records a seventh, with 12 more bits of the amount and 20 of the
 * balance.
 */
/** Where the words of a record are. */
export const AMOUNT = 0;
export const BALANCE = 1;
export const DATED = 2;
export const TIME = 3;
export const POSITION = 4;
export const LINKS = 5;
export const HIGH = 6;
export const NARROW = 6;
export const WIDE = 7;
export const HIGH_AMOUNT_BITS = 12;
export const WORD = 2 ** 32;

export const CATEGORIES: readonly Category[] = [
  'unknown',
  'salary',
  'benefit',
  'interest',
  'groceries',
  'utilities',
  'rent',
  'insurance',
  'health',
  'transport',
  'dining',
  'entertainment',
  'shopping',
  'travel',
  'gambling',
  'loan',
  'subscription',
  'card_payment',
  'cash',
  'fee',
  'overdraft_charge',
  'other',
];
export const CHANNELS: readonly Channel[] = [
  'unknown',
  'card',
  'atm',
  'branch',
  'transfer',
  'direct_debit',
  'internal',
];

/** Of the word DATED the low bits: 5 of category, 3 of channel, then these; the date from bit 14. */
export const DATE_SHIFT = 14;
export const CATEGORY_MASK = 31;
export const CHANNEL_SHIFT = 5;
export const DEBIT = 1 << 8;
export const FAILED = 1 << 9;
/** It undoes another row. */
export const REVERSAL = 1 << 10;
/** A row that undoes it is known; from when on is in the window's list. */
export const REVERSED = 1 << 11;
export const OWN_TRANSFER = 1 << 12;
export const KNOWS_BALANCE = 1 << 13;
/** Capability beside the bits of Declares: the time of day is known. */
export const KNOWS_TIME = 64;

export const TIME_BITS = 27;
export const TIME_MASK = 2 ** TIME_BITS - 1;
export const CONTEXT_MASK = 65_535;
