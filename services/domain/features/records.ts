import type { LedgerRow } from '../bank/transaction.ts';
import { DAY_MS, dayOf } from '../calendar/days.ts';
import { internContext, internObligation, internParty, type Names } from './names.ts';
import * as layout from './record-layout.ts';

export * from './record-layout.ts';

/** The engine folds a module's own constants into its code; imported ones are read from memory at every use. */
const {
  AMOUNT,
  BALANCE,
  DATED,
  TIME,
  POSITION,
  LINKS,
  HIGH,
  NARROW,
  WIDE,
  HIGH_AMOUNT_BITS,
  WORD,
  CATEGORIES,
  CHANNELS,
  DATE_SHIFT,
  CHANNEL_SHIFT,
  DEBIT,
  FAILED,
  REVERSAL,
  REVERSED,
  OWN_TRANSFER,
  KNOWS_BALANCE,
  KNOWS_TIME,
  TIME_BITS,
  TIME_MASK,
  CONTEXT_MASK,
} = layout;

/** A window's records, sorted and packed as record-layout.ts says. */
export interface Records {
  count: number;
  /** Words a record: 6 or 7. */
  stride: number;
  words: Uint32Array<ArrayBuffer>;
}

export function emptyRecords(capacity: number, stride = NARROW): Records {
  return { count: 0, stride, words: new Uint32Array(capacity * stride) };
}

export function isStride(words: number): boolean {
  return words === NARROW || words === WIDE;
}

/** A settled row that undoes another; a failed one undoes nothing. */
export function isReversal(row: LedgerRow): boolean {
  return row.reversesTransactionId !== null && row.status === 'settled';
}

/** A record that reverses a reversal is refused (dead letter): true if `original` is one itself. */
export function isReversalOfReversal(row: LedgerRow, original: LedgerRow): boolean {
  return isReversal(row) && isReversal(original) && row.reversesTransactionId === original.transactionId;
}

/** The row's own date: the local date on which it occurred. */
export function dateOf(row: LedgerRow): number {
  return dayOf(row.occurredMs, row.utcOffsetMinutes);
}

export function dayAt({ words, stride }: Records, i: number): number {
  return words[stride * i + DATED]! >>> DATE_SHIFT;
}

export function flagsAt({ words, stride }: Records, i: number): number {
  return words[stride * i + DATED]! & ((1 << DATE_SHIFT) - 1);
}

export function positionAt({ words, stride }: Records, i: number): number {
  return words[stride * i + POSITION]!;
}

/** Minor units. */
export function amountAt({ words, stride }: Records, i: number): number {
  const low = words[stride * i + AMOUNT]!;
  return stride === NARROW ? low : low + (words[stride * i + HIGH]! & ((1 << HIGH_AMOUNT_BITS) - 1)) * WORD;
}

/** Minor units, where the flag KNOWS_BALANCE is set. */
export function balanceAt({ words, stride }: Records, i: number): number {
  const low = words[stride * i + BALANCE]!;
  return stride === NARROW ? low | 0 : low + ((words[stride * i + HIGH]! | 0) >> HIGH_AMOUNT_BITS) * WORD;
}

/** Where the record's context begins in {@link Names}. */
export function contextAt({ words, stride }: Records, i: number): number {
  return 4 * (words[stride * i + LINKS]! & CONTEXT_MASK);
}

export function occurredMsAt(records: Records, names: Names, i: number): number {
  const offset = names.contexts[contextAt(records, i) + 2]!;
  return dayAt(records, i) * DAY_MS + (records.words[records.stride * i + TIME]! & TIME_MASK) - offset * 60_000;
}

export function partyAt({ words, stride }: Records, i: number): number {
  return (words[stride * i + LINKS]! >>> 16) | ((words[stride * i + TIME]! >>> TIME_BITS) << 16);
}

export function setParty({ words, stride }: Records, i: number, party: number): void {
  words[stride * i + LINKS] = (words[stride * i + LINKS]! & CONTEXT_MASK) | (party << 16);
  words[stride * i + TIME] = (words[stride * i + TIME]! & TIME_MASK) | ((party >>> 16) << TIME_BITS);
}

export function markReversed({ words, stride }: Records, i: number): void {
  words[stride * i + DATED]! |= REVERSED;
}

/** The record at a ledger position, searched from the latest; -1: there is none. */
export function indexOfPosition(records: Records, position: number): number {
  let i = records.count - 1;
  while (i >= 0 && positionAt(records, i) !== position) i--;
  return i;
}

/** Index of the first record of a date or later. */
export function firstDated(records: Records, day: number): number {
  let low = 0;
  let high = records.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (dayAt(records, middle) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The records from `first` on, in room for `spare` more. */
export function tailOf(records: Records, first: number, spare: number): Records {
  const { words, stride, count } = records;
  const tail = emptyRecords(count - first + spare, stride);
  tail.words.set(words.subarray(stride * first, stride * count));
  tail.count = count - first;
  return tail;
}

/** Inserts a row at its place and answers its index. */
export function insertRecord(records: Records, names: Names, row: LedgerRow, position: number): number {
  if (records.stride === NARROW && !isNarrow(row)) widen(records);
  if ((records.count + 1) * records.stride > records.words.length) grow(records);
  const { words, stride } = records;
  const day = dateOf(row);
  const index = placeOf(records, names, day, row.occurredMs, position);
  if (index < records.count) words.copyWithin(stride * (index + 1), stride * index, stride * records.count);
  records.count++;
  writeRecord(records, names, index, row, day, position);
  return index;
}

function isNarrow({ amountMinor, balanceAfterMinor }: LedgerRow): boolean {
  return amountMinor < WORD && (balanceAfterMinor === null || (balanceAfterMinor | 0) === balanceAfterMinor);
}

function writeRecord(records: Records, names: Names, i: number, row: LedgerRow, day: number, position: number): void {
  const { words, stride } = records;
  const balanceMinor = row.balanceAfterMinor ?? 0;
  words[stride * i + AMOUNT] = row.amountMinor;
  words[stride * i + BALANCE] = balanceMinor;
  words[stride * i + DATED] = (day << DATE_SHIFT) | flagsOf(row);
  words[stride * i + TIME] = row.occurredMs + row.utcOffsetMinutes * 60_000 - day * DAY_MS;
  words[stride * i + POSITION] = position;
  words[stride * i + LINKS] = contextOf(names, row);
  if (stride === WIDE) words[stride * i + HIGH] = highOf(row.amountMinor, balanceMinor);
  setParty(records, i, partyOf(names, row));
}

function highOf(amountMinor: number, balanceMinor: number): number {
  return Math.floor(amountMinor / WORD) | (Math.floor(balanceMinor / WORD) << HIGH_AMOUNT_BITS);
}

function flagsOf(row: LedgerRow): number {
  return (
    CATEGORIES.indexOf(row.category) |
    (CHANNELS.indexOf(row.channel) << CHANNEL_SHIFT) |
    (row.direction === 'debit' ? DEBIT : 0) |
    (row.status === 'failed' ? FAILED : 0) |
    (isReversal(row) ? REVERSAL : 0) |
    (row.ownTransfer ? OWN_TRANSFER : 0) |
    (row.balanceAfterMinor === null ? 0 : KNOWS_BALANCE)
  );
}

/**
 * Room for 8 records at first, then for a sixteenth more: room that is not used is memory of every customer. Where records are many,
 * for a quarter more: there copying them costs.
 */
function grow(records: Records): void {
  const { count } = records;
  records.words = tailOf(records, 0, count < FEW ? 8 : count < MANY ? count >> 4 : count >> 2).words;
}

const FEW = 64;
const MANY = 256;

function widen(records: Records): void {
  const wide = emptyRecords(records.count + 4, WIDE);
  for (let i = 0; i < records.count; i++) {
    wide.words.set(records.words.subarray(NARROW * i, NARROW * (i + 1)), WIDE * i);
    const negative = (flagsAt(records, i) & KNOWS_BALANCE) !== 0 && balanceAt(records, i) < 0;
    wide.words[WIDE * i + HIGH] = negative ? -1 << HIGH_AMOUNT_BITS : 0;
  }
  records.words = wide.words;
  records.stride = WIDE;
}

/** Where a row belongs; searched from the end, as most rows are the latest. */
function placeOf(records: Records, names: Names, day: number, occurredMs: number, position: number): number {
  let i = records.count;
  while (i > 0) {
    const before = dayAt(records, i - 1);
    if (before < day) break;
    if (before === day) {
      const occurredBefore = occurredMsAt(records, names, i - 1);
      if (occurredBefore < occurredMs) break;
      if (occurredBefore === occurredMs && positionAt(records, i - 1) < position) break;
    }
    i--;
  }
  return i;
}

/** The merchant of a debit or the payer of a credit; 0: none. */
function partyOf(names: Names, row: LedgerRow): number {
  const id = row.direction === 'debit' ? row.merchantId : row.counterpartyId;
  return id === null || id === '' ? 0 : internParty(names, id);
}

function contextOf(names: Names, row: LedgerRow): number {
  const obligation =
    row.obligationId === null || row.obligationId === '' ? 0 : internObligation(names, row.obligationId);
  const capabilities = row.declares | (row.timePrecision === 'second' ? KNOWS_TIME : 0);
  return internContext(names, row.accountId, obligation, row.utcOffsetMinutes, capabilities);
}
