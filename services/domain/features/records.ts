import type { Category, Channel, LedgerRow } from '../bank/transaction.ts';
import { DAY_MS, dayOf } from '../calendar/days.ts';

/**
 * Ledger rows as compact records: 32 bytes each in one buffer, sorted by (date, occurred time, ledger position). What few
 * rows differ in (account, obligation, offset, capabilities) is interned as a context; strings are interned as small numbers.
 *
 * Layout of record i: f64[4i] amount, f64[4i+1] balance after (NaN: unknown), u32[8i+4] date and flags, u32[8i+5]
 * milliseconds of the local day (27 bits) and the party's high bits, u32[8i+6] ledger position, u16[16i+14] the party's low
 * bits, u16[16i+15] context.
 */
export interface Records {
  count: number;
  f64: Float64Array;
  u32: Uint32Array;
  u16: Uint16Array;
}

/** What the records of a window refer to by number. Index 0 of parties and obligations means none. */
export interface Names {
  readonly accounts: string[];
  parties: string[];
  /** Index of parties where there are many; derived, never stored. */
  partyIndex: Map<string, number> | null;
  readonly obligations: string[];
  /** Four numbers a context: account, obligation, utc offset in minutes, capabilities. */
  readonly contexts: number[];
}

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

/** Low bits: 5 of category, 3 of channel, then these; the date from bit 13. */
export const DATE_SHIFT = 13;
export const CATEGORY_MASK = 31;
export const CHANNEL_SHIFT = 5;
export const DEBIT = 1 << 8;
export const FAILED = 1 << 9;
/** It undoes another row. */
export const REVERSAL = 1 << 10;
/** A row that undoes it is known; from when on is in the window's list. */
export const REVERSED = 1 << 11;
export const OWN_TRANSFER = 1 << 12;
/** Capability beside the bits of Declares: the time of day is known. */
export const KNOWS_TIME = 64;

export const TIME_BITS = 27;
export const TIME_MASK = 2 ** TIME_BITS - 1;
const LARGEST_CONTEXT = 65_535;
const LARGEST_PARTY = 2 ** 21 - 1;
/** From this many names on a table is searched by its index. */
const INDEXED_FROM = 64;

export function emptyRecords(capacity: number): Records {
  return viewRecords(new ArrayBuffer(capacity * 32), 0);
}

export function viewRecords(buffer: ArrayBuffer, count: number): Records {
  return { count, f64: new Float64Array(buffer), u32: new Uint32Array(buffer), u16: new Uint16Array(buffer) };
}

export function emptyNames(): Names {
  return { accounts: [], parties: [''], partyIndex: null, obligations: [''], contexts: [] };
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

export function occurredMsAt(records: Records, names: Names, i: number): number {
  const day = records.u32[8 * i + 4]! >>> DATE_SHIFT;
  const offset = names.contexts[records.u16[16 * i + 15]! * 4 + 2]!;
  return day * DAY_MS + (records.u32[8 * i + 5]! & TIME_MASK) - offset * 60_000;
}

/** Index of the first record of a date or later. */
export function firstDated(records: Records, day: number): number {
  let low = 0;
  let high = records.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records.u32[8 * middle + 4]! >>> DATE_SHIFT < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function partyAt(records: Records, i: number): number {
  return records.u16[16 * i + 14]! | ((records.u32[8 * i + 5]! >>> TIME_BITS) << 16);
}

export function setParty(records: Records, i: number, party: number): void {
  records.u16[16 * i + 14] = party & 65_535;
  records.u32[8 * i + 5] = (records.u32[8 * i + 5]! & TIME_MASK) | ((party >>> 16) << TIME_BITS);
}

/** Inserts a row at its place and answers its index. */
export function insertRecord(records: Records, names: Names, row: LedgerRow, position: number): number {
  if ((records.count + 1) * 32 > records.f64.byteLength) grow(records);
  const day = dateOf(row);
  const index = placeOf(records, names, day, row.occurredMs, position);
  if (index < records.count) records.f64.copyWithin(4 * (index + 1), 4 * index, 4 * records.count);
  records.count++;
  writeRecord(records, names, index, row, day, position);
  return index;
}

function writeRecord(records: Records, names: Names, i: number, row: LedgerRow, day: number, position: number): void {
  records.f64[4 * i] = row.amountMinor;
  records.f64[4 * i + 1] = row.balanceAfterMinor ?? Number.NaN;
  records.u32[8 * i + 4] = (day << DATE_SHIFT) | flagsOf(row);
  records.u32[8 * i + 5] = row.occurredMs + row.utcOffsetMinutes * 60_000 - day * DAY_MS;
  records.u32[8 * i + 6] = position;
  setParty(records, i, internParty(names, row));
  records.u16[16 * i + 15] = internContext(names, row);
}

function flagsOf(row: LedgerRow): number {
  return (
    CATEGORIES.indexOf(row.category) |
    (CHANNELS.indexOf(row.channel) << CHANNEL_SHIFT) |
    (row.direction === 'debit' ? DEBIT : 0) |
    (row.status === 'failed' ? FAILED : 0) |
    (isReversal(row) ? REVERSAL : 0) |
    (row.ownTransfer ? OWN_TRANSFER : 0)
  );
}

/** A quarter more, and at least 8 records. */
function grow(records: Records): void {
  const capacity = Math.max(records.count + 8, Math.ceil(records.count * 1.25));
  const larger = emptyRecords(capacity);
  larger.f64.set(records.f64.subarray(0, 4 * records.count));
  records.f64 = larger.f64;
  records.u32 = larger.u32;
  records.u16 = larger.u16;
}

/** Where a row belongs; searched from the end, as most rows are the latest. */
function placeOf(records: Records, names: Names, day: number, occurredMs: number, position: number): number {
  let i = records.count;
  while (i > 0) {
    const before = records.u32[8 * (i - 1) + 4]! >>> DATE_SHIFT;
    if (before < day) break;
    if (before === day) {
      const occurredBefore = occurredMsAt(records, names, i - 1);
      if (occurredBefore < occurredMs) break;
      if (occurredBefore === occurredMs && records.u32[8 * (i - 1) + 6]! < position) break;
    }
    i--;
  }
  return i;
}

/** The merchant of a debit or the payer of a credit. */
function internParty(names: Names, row: LedgerRow): number {
  const id = row.direction === 'debit' ? row.merchantId : row.counterpartyId;
  return id === null || id === '' ? 0 : internMany(names, id);
}

function intern(table: string[], id: string): number {
  const known = table.indexOf(id);
  return known >= 0 ? known : table.push(id) - 1;
}

/** Indexed where there are many names. */
function internMany(names: Names, id: string): number {
  const { parties } = names;
  if (parties.length < INDEXED_FROM) return intern(parties, id);
  names.partyIndex ??= new Map(parties.map((name, index) => [name, index]));
  const known = names.partyIndex.get(id);
  if (known !== undefined) return known;
  if (parties.length > LARGEST_PARTY) throw new RangeError(`a window holds at most ${LARGEST_PARTY} distinct parties`);
  names.partyIndex.set(id, parties.length);
  return parties.push(id) - 1;
}

function internContext(names: Names, row: LedgerRow): number {
  const account = intern(names.accounts, row.accountId);
  const obligation =
    row.obligationId === null || row.obligationId === '' ? 0 : intern(names.obligations, row.obligationId);
  const capabilities = row.declares | (row.timePrecision === 'second' ? KNOWS_TIME : 0);
  const { contexts } = names;
  for (let i = 0; i < contexts.length; i += 4) {
    if (
      contexts[i] === account &&
      contexts[i + 1] === obligation &&
      contexts[i + 2] === row.utcOffsetMinutes &&
      contexts[i + 3] === capabilities
    ) {
      return i / 4;
    }
  }
  if (contexts.length > 4 * LARGEST_CONTEXT) throw new RangeError(`a window holds at most ${LARGEST_CONTEXT} contexts`);
  contexts.push(account, obligation, row.utcOffsetMinutes, capabilities);
  return contexts.length / 4 - 1;
}
