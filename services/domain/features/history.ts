import { firstDayOfMonth, monthOf } from '../calendar/days.ts';
import { type Credits, detectAt, emptyCycle, isLarge, type SalaryCycle } from './salary-detection.ts';
import { roomyBytes, roomyFloats, roomyInts } from './scratch.ts';

/**
 * What the forward pass over a customer's rows (sweep.ts) keeps of all earlier dates, for any later date that may need it.
 * Folding saves it, observing goes on from the fold over the records.
 */
export interface History {
  /** The latest row by (occurred time, position). While rows are passed over it is not moved: folding does. */
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
  /** Of the date at work, by account: its net, how many balances it gives, and the one chosen (while there is one, that). */
  net: Float64Array;
  given: Int32Array;
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
    given: new Int32Array(8),
    chosen: new Float64Array(8),
  };
}

/** When the row at a ledger position is undone, by the earliest reversal known; Infinity: never. Pairs of position and time. */
export type Reversals = readonly number[];

export function reversedAtMs(reversals: Reversals, position: number): number {
  for (let i = 0; i < reversals.length; i += 2) if (reversals[i] === position) return reversals[i + 1]!;
  return Number.POSITIVE_INFINITY;
}

/** Notes a row as the latest if it is; kept for the fold only. */
export function noteLatest(history: History, ms: number, position: number, offset: number, capabilities: number): void {
  if (ms < history.latestMs || (ms === history.latestMs && position < history.latestPosition)) return;
  history.latestMs = ms;
  history.latestPosition = position;
  history.latestOffset = offset;
  history.latestCapabilities = capabilities;
}

/** Adds what a date's debits took, once the date is over. */
export function noteOutflow(history: History, day: number, amountMinor: number): void {
  const end = history.outflowCount;
  history.outflowMinor += amountMinor;
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

/** A credit that is a flow: of its group, a payer or a channel. `dayOutflowMinor` is what the date's debits before it took. */
export function noteCredit(
  history: History,
  day: number,
  amountMinor: number,
  group: number,
  dayOutflowMinor: number,
): void {
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
  const outflowMinor = history.outflowMinor + dayOutflowMinor;
  const large = isLarge(amountMinor, outflowMinor, observedDays);
  const index = pushCredit(history, day, amountMinor, group, large ? 1 : 0);
  detectAt(history.cycle, history.credits, index, outflowMinor, observedDays);
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
