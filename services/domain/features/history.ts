import { DAY_MS, firstDayOfMonth, isWeekend, monthOf } from '../calendar/days.ts';
import {
  CATEGORY_MASK,
  CHANNEL_SHIFT,
  CHANNELS,
  DATE_SHIFT,
  DEBIT,
  FAILED,
  type Names,
  OWN_TRANSFER,
  partyAt,
  REVERSAL,
  REVERSED,
  type Records,
  TIME_MASK,
} from './records.ts';
import { type Credits, detectAt, emptyCycle, isLarge, type SalaryCycle } from './salary-detection.ts';
import { roomyBytes, roomyFloats, roomyInts } from './scratch.ts';
import { add, countDebit, countEntry, countRow, KIND_BY_CATEGORY, segmentOf, type Tallies, Tally } from './tallies.ts';

/**
 * The forward pass over a customer's rows, date by date in the order (date, occurred time, ledger position): one loop that
 * keeps what the vector needs of all earlier dates. Folding saves it, observing runs it from the fold over the records.
 *
 * Invariants: rows after t, and rows whose own date lies after t's, are passed over; only entries (settled, not reversed at
 * t, no reversal) move anything but the latest row and the balances given; own transfers move balances only.
 *
 * A kernel: consumeDate is one long loop so that a row is read once.
 */
export interface History {
  /** The latest row by (occurred time, position). */
  latestMs: number;
  latestPosition: number;
  latestOffset: number;
  latestCapabilities: number;
  /** Infinity: none yet. */
  firstEntryDay: number;
  firstDebitDay: number;
  /** Lowest close since the first debit; Infinity: none known. */
  lowestMinor: number;
  /** Close by account: NaN unknown, Infinity not seen yet. */
  closes: Float64Array;
  /** Sum over the accounts seen; NaN: unknown. */
  balanceMinor: number;
  /** Credits by calendar month, in a ring of 16. */
  readonly months: Int32Array;
  readonly inflow: Float64Array;
  /** The calendar month of the latest credit, and its first and last date. */
  month: number;
  monthFirst: number;
  monthLast: number;
  /** Outflow by date, the last 90 dates from `outflowHead`. */
  outflowDay: Float64Array;
  outflowSum: Float64Array;
  outflowHead: number;
  outflowCount: number;
  outflowMinor: number;
  readonly credits: Credits;
  readonly cycle: SalaryCycle;
  /** Latest credit by group; -1: none. */
  latestOfGroup: Int32Array;
  paymentDay: Float64Array;
  paymentMinor: Float64Array;
  /** Under 8 a kind of obligation, else 8 + obligation by name. */
  paymentTarget: Int32Array;
  paymentCount: number;
  /** Of the date at work, by account. */
  net: Float64Array;
  nearest: Float64Array;
  nearestPosition: Float64Array;
  chosen: Float64Array;
}

/** Payments by name start here; below are the kinds. */
export const NAMED_TARGET = 8;
export const UNSEEN = Number.POSITIVE_INFINITY;

export function createHistory(): History {
  return {
    latestMs: Number.NEGATIVE_INFINITY,
    latestPosition: 0,
    latestOffset: 0,
    latestCapabilities: 0,
    firstEntryDay: Number.POSITIVE_INFINITY,
    firstDebitDay: Number.POSITIVE_INFINITY,
    lowestMinor: Number.POSITIVE_INFINITY,
    closes: new Float64Array(8),
    balanceMinor: Number.NaN,
    months: new Int32Array(16),
    inflow: new Float64Array(16),
    month: 0,
    monthFirst: 0,
    monthLast: -1,
    outflowDay: new Float64Array(256),
    outflowSum: new Float64Array(256),
    outflowHead: 0,
    outflowCount: 0,
    outflowMinor: 0,
    credits: {
      count: 0,
      day: new Float64Array(256),
      amountMinor: new Float64Array(256),
      group: new Int32Array(256),
      large: new Uint8Array(256),
      before: new Int32Array(256),
    },
    cycle: emptyCycle(),
    latestOfGroup: new Int32Array(256),
    paymentDay: new Float64Array(256),
    paymentMinor: new Float64Array(256),
    paymentTarget: new Int32Array(256),
    paymentCount: 0,
    net: new Float64Array(8),
    nearest: new Float64Array(8),
    nearestPosition: new Float64Array(8),
    chosen: new Float64Array(8),
  };
}

/** When the row at a ledger position is undone, by the earliest reversal known; Infinity: never. Pairs of position and time. */
export type Reversals = readonly number[];

export function reversedAtMs(reversals: Reversals, position: number): number {
  for (let i = 0; i < reversals.length; i += 2) if (reversals[i] === position) return reversals[i + 1]!;
  return Number.POSITIVE_INFINITY;
}

/**
 * Moves the pass over the records from...to-1, all of the date `day`. Rows after `atMs` are passed over. With tallies, `age` is
 * how many days the date lies before D, 0-89, and what happens is counted.
 */
export function consumeDate(
  history: History,
  records: Records,
  names: Names,
  reversals: Reversals,
  from: number,
  to: number,
  day: number,
  atMs: number,
  tallies: Tallies | null,
  age: number,
): void {
  const { f64, u32, u16 } = records;
  const { contexts } = names;
  const segment = tallies === null ? 0 : segmentOf(age);
  const weekend = isWeekend(day);
  const accounts = names.accounts.length;
  let moved = false;
  for (let a = 0; a < accounts; a++) {
    history.net[a] = 0;
    history.nearestPosition[a] = -1;
  }
  let balances = false;
  for (let i = from; i < to; i++) {
    const flags = u32[8 * i + 4]! & ((1 << DATE_SHIFT) - 1);
    const msOfDay = u32[8 * i + 5]! & TIME_MASK;
    const context = 4 * u16[16 * i + 15]!;
    const occurredMs = day * DAY_MS + msOfDay - contexts[context + 2]! * 60_000;
    if (occurredMs > atMs) continue;
    const position = u32[8 * i + 6]!;
    noteLatest(history, occurredMs, position, contexts[context + 2]!, contexts[context + 3]!);
    if (tallies !== null) countRow(tallies, contexts[context + 3]!);
    const undone = (flags & REVERSED) !== 0 && reversedAtMs(reversals, position) <= atMs;
    if ((flags & FAILED) !== 0) {
      if (tallies !== null && !undone && (flags & DEBIT) !== 0) add(tallies, segment, Tally.failed, 1);
      continue;
    }
    const account = contexts[context]!;
    if (!Number.isNaN(f64[4 * i + 1]!)) {
      balances = true;
      if (history.closes[account] === UNSEEN) history.closes[account] = Number.NaN;
    }
    if (undone || (flags & REVERSAL) !== 0) continue;
    const amountMinor = f64[4 * i]!;
    const debit = (flags & DEBIT) !== 0;
    moved = true;
    if (history.closes[account] === UNSEEN) history.closes[account] = Number.NaN;
    history.net[account]! += debit ? -amountMinor : amountMinor;
    if (day < history.firstEntryDay) history.firstEntryDay = day;
    if (tallies !== null) countEntry(tallies, segment, day, msOfDay);
    if ((flags & OWN_TRANSFER) !== 0) continue;
    const party = partyAt(records, i);
    if (debit) {
      if (day < history.firstDebitDay) history.firstDebitDay = day;
      noteOutflow(history, day, amountMinor);
      notePayment(history, day, amountMinor, flags, contexts[context + 1]!);
      if (tallies !== null) countDebit(tallies, segment, amountMinor, flags, weekend, party);
    } else {
      noteCredit(history, day, amountMinor, party === 0 ? (flags >> CHANNEL_SHIFT) & 7 : party + CHANNELS.length);
      if (tallies !== null) add(tallies, segment, Tally.inflow, amountMinor);
    }
  }
  if (moved || balances) close(history, records, names, from, to, day, atMs, balances);
}

function noteLatest(history: History, ms: number, position: number, offset: number, capabilities: number): void {
  if (ms < history.latestMs || (ms === history.latestMs && position < history.latestPosition)) return;
  history.latestMs = ms;
  history.latestPosition = position;
  history.latestOffset = offset;
  history.latestCapabilities = capabilities;
}

function noteOutflow(history: History, day: number, amountMinor: number): void {
  const end = history.outflowCount;
  history.outflowMinor += amountMinor;
  if (end > history.outflowHead && history.outflowDay[end - 1] === day) {
    history.outflowSum[end - 1]! += amountMinor;
    return;
  }
  if (end === history.outflowDay.length) {
    history.outflowDay = roomyFloats(history.outflowDay, end + 1);
    history.outflowSum = roomyFloats(history.outflowSum, end + 1);
  }
  history.outflowDay[end] = day;
  history.outflowSum[end] = amountMinor;
  history.outflowCount++;
}

/** Forgets outflow of dates before day - 89. */
export function trimOutflow(history: History, day: number): void {
  while (history.outflowHead < history.outflowCount && history.outflowDay[history.outflowHead]! <= day - 90) {
    history.outflowMinor -= history.outflowSum[history.outflowHead]!;
    history.outflowHead++;
  }
}

function notePayment(history: History, day: number, amountMinor: number, flags: number, obligation: number): void {
  const kind = KIND_BY_CATEGORY[flags & CATEGORY_MASK]!;
  if (obligation === 0 && kind < 0) return;
  pushPayment(history, day, amountMinor, obligation === 0 ? kind : NAMED_TARGET + obligation);
}

export function pushPayment(history: History, day: number, amountMinor: number, target: number): void {
  const at = history.paymentCount;
  if (at === history.paymentDay.length) {
    history.paymentDay = roomyFloats(history.paymentDay, at + 1);
    history.paymentMinor = roomyFloats(history.paymentMinor, at + 1);
    history.paymentTarget = roomyInts(history.paymentTarget, at + 1);
  }
  history.paymentDay[at] = day;
  history.paymentMinor[at] = amountMinor;
  history.paymentTarget[at] = target;
  history.paymentCount++;
}

function noteMonth(history: History, day: number): void {
  history.month = monthOf(day);
  history.monthFirst = firstDayOfMonth(history.month);
  history.monthLast = firstDayOfMonth(history.month + 1) - 1;
}

function noteCredit(history: History, day: number, amountMinor: number, group: number): void {
  if (day < history.monthFirst || day > history.monthLast) noteMonth(history, day);
  const month = history.month;
  const slot = month & 15;
  if (history.months[slot] !== month) {
    history.months[slot] = month;
    history.inflow[slot] = 0;
  }
  history.inflow[slot]! += amountMinor;
  trimOutflow(history, day);
  const observedDays = day - Math.max(day - 89, history.firstEntryDay) + 1;
  const large = isLarge(amountMinor, history.outflowMinor, observedDays);
  const index = pushCredit(history, day, amountMinor, group, large ? 1 : 0);
  detectAt(history.cycle, history.credits, index, history.outflowMinor, observedDays);
}

export function pushCredit(history: History, day: number, amountMinor: number, group: number, large: number): number {
  const { credits } = history;
  const at = credits.count;
  if (at === credits.day.length) {
    credits.day = roomyFloats(credits.day, at + 1);
    credits.amountMinor = roomyFloats(credits.amountMinor, at + 1);
    credits.group = roomyInts(credits.group, at + 1);
    credits.large = roomyBytes(credits.large, at + 1);
    credits.before = roomyInts(credits.before, at + 1);
  }
  credits.day[at] = day;
  credits.amountMinor[at] = amountMinor;
  credits.group[at] = group;
  credits.large[at] = large;
  credits.before[at] = history.latestOfGroup[group]!;
  history.latestOfGroup[group] = at;
  credits.count++;
  return at;
}

/**
 * Closes the date: of the balances given that day the one nearest to previous close + net, ties the highest position; the
 * highest position too where the previous close is unknown. No balance given: previous close + net.
 */
function close(
  history: History,
  records: Records,
  names: Names,
  from: number,
  to: number,
  day: number,
  atMs: number,
  balances: boolean,
): void {
  if (balances) chooseBalances(history, records, names, from, to, day, atMs);
  let sum = 0;
  for (let a = 0; a < names.accounts.length; a++) {
    if (history.closes[a] === UNSEEN) continue;
    history.closes[a] = history.nearestPosition[a]! >= 0 ? history.chosen[a]! : history.closes[a]! + history.net[a]!;
    sum += history.closes[a]!;
  }
  history.balanceMinor = sum;
  if (day >= history.firstDebitDay && sum < history.lowestMinor) history.lowestMinor = sum;
}

function chooseBalances(
  history: History,
  records: Records,
  names: Names,
  from: number,
  to: number,
  day: number,
  atMs: number,
): void {
  const { f64, u32, u16 } = records;
  for (let i = from; i < to; i++) {
    const balance = f64[4 * i + 1]!;
    const context = 4 * u16[16 * i + 15]!;
    const occurredMs = day * DAY_MS + (u32[8 * i + 5]! & TIME_MASK) - names.contexts[context + 2]! * 60_000;
    if (Number.isNaN(balance) || occurredMs > atMs || (u32[8 * i + 4]! & FAILED) !== 0) continue;
    const account = names.contexts[context]!;
    const previous = history.closes[account]!;
    const distance = Number.isNaN(previous) ? 0 : Math.abs(balance - (previous + history.net[account]!));
    const position = u32[8 * i + 6]!;
    const best = history.nearestPosition[account]!;
    if (best >= 0) {
      const bestDistance = history.nearest[account]!;
      if (distance > bestDistance || (distance === bestDistance && position < best)) continue;
    }
    history.nearest[account] = distance;
    history.nearestPosition[account] = position;
    history.chosen[account] = balance;
  }
}
