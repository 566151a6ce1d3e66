import type { Category } from '../bank/transaction.ts';
import { kindOfCategory, OBLIGATION_KINDS } from '../obligations/settle.ts';
import { CATEGORIES, CHANNELS } from './records.ts';

/**
 * Counts and sums over the last 90 dates of a frame, in four segments that the windows of the catalogue are made of: D-6...D,
 * D-29...D-7 (together R), D-59...D-30 and D-89...D-60 (together B).
 *
 * A pass over the rows counts once for all frames that it serves: {@link Totals} run from its beginning, each frame notes them
 * where its segments start, and a segment is the difference of two notes. Money is in minor units: exact integers, so that
 * neither the order of addition nor the subtraction changes a bit.
 */
export const Tally = {
  outflow: 0,
  debits: 1,
  inflow: 2,
  entries: 3,
  discretionary: 4,
  essential: 5,
  weekend: 6,
  withdrawn: 7,
  withdrawals: 8,
  bills: 9,
  failed: 10,
  charges: 11,
  activeDays: 12,
  /** Where a debit is added that is of no kind of spending; read by nobody. */
  elsewhere: 13,
} as const;
const WIDTH = 14;
const HOURS = 24;
/** Days before D on which the segments start, in the order of time. */
const SEGMENT_AGES = [89, 59, 29, 6] as const;
const SEGMENTS = SEGMENT_AGES.length;
/** Of the segments, by start: R's, which the week before D lies in, is the third. */
const START_OF_R = 2;

/** A date that never comes: as an integer, so that dates are compared as integers. */
const NEVER = 2 ** 30;

/** What a pass has counted so far. */
export interface Totals {
  readonly sums: Float64Array;
  /** Entries by hour of the local day. */
  readonly hours: Int32Array;
  /** By party: the date of its latest debit; -1: none. */
  partyDay: Int32Array;
  /** By context: the date of its latest row, failed ones and reversals included; -1: none. */
  contextDay: Int32Array;
}

/** What one frame makes of a pass. */
export interface Tallies {
  /** By segment, the latest first; filled when the frame is finished. */
  readonly sums: Float64Array;
  /** Entries of R by hour of the local day; filled when the frame is finished. */
  readonly hours: Int32Array;
  /** Distinct merchants in R, D-59...D-30 and D-89...D-60; the last is for dates before. */
  readonly merchants: Int32Array;
  /** Which of the merchants are counted at the date at work, and from which date on they are distinct. */
  part: number;
  partStart: number;
  /** The date of D; far away while the frame is idle. */
  today: number;
  /** How many segments have started, and the date on which the next one does. */
  started: number;
  nextStart: number;
  /** D-29: hours count from there. */
  hoursFrom: number;
  /** The totals where each segment started. */
  readonly atStart: Float64Array;
  readonly hoursAtStart: Int32Array;
}

export function createTotals(): Totals {
  return {
    sums: new Float64Array(WIDTH),
    hours: new Int32Array(HOURS),
    partyDay: new Int32Array(256),
    contextDay: new Int32Array(16),
  };
}

export function resetTotals(totals: Totals, parties: number, contexts: number): void {
  totals.sums.fill(0);
  totals.hours.fill(0);
  if (totals.partyDay.length < parties) totals.partyDay = new Int32Array(2 * parties);
  if (totals.contextDay.length < contexts) totals.contextDay = new Int32Array(2 * contexts);
  totals.partyDay.fill(-1, 0, parties);
  totals.contextDay.fill(-1, 0, contexts);
}

export function createTallies(): Tallies {
  return {
    sums: new Float64Array(WIDTH * SEGMENTS),
    hours: new Int32Array(HOURS),
    merchants: new Int32Array(SEGMENTS),
    part: SEGMENTS - 1,
    partStart: -NEVER,
    today: NEVER,
    started: 0,
    nextStart: NEVER,
    hoursFrom: NEVER,
    atStart: new Float64Array(WIDTH * SEGMENTS),
    hoursAtStart: new Int32Array(HOURS),
  };
}

/** Makes ready to count for a D. Tallies that were never opened are idle: no segment of theirs starts. */
export function openTallies(tallies: Tallies, today: number): void {
  tallies.merchants.fill(0);
  tallies.part = SEGMENTS - 1;
  tallies.partStart = -NEVER;
  tallies.today = today;
  tallies.started = 0;
  tallies.nextStart = today - SEGMENT_AGES[0];
  tallies.hoursFrom = today - SEGMENT_AGES[START_OF_R];
}

/** To be called before a date is counted that is `nextStart` or later: notes the totals for each segment that starts by it. */
export function startSegments(tallies: Tallies, totals: Totals, day: number): void {
  while (tallies.nextStart <= day) {
    const start = tallies.started;
    for (let k = 0; k < WIDTH; k++) tallies.atStart[start * WIDTH + k] = totals.sums[k]!;
    if (start <= START_OF_R) {
      tallies.part = START_OF_R - start;
      tallies.partStart = tallies.nextStart;
    }
    if (start === START_OF_R) for (let k = 0; k < HOURS; k++) tallies.hoursAtStart[k] = totals.hours[k]!;
    tallies.started++;
    tallies.nextStart = tallies.started < SEGMENTS ? tallies.today - SEGMENT_AGES[tallies.started]! : NEVER;
  }
}

/** After the last row of D: fills the sums and hours, and counts no more. */
export function finishTallies(tallies: Tallies, totals: Totals): void {
  startSegments(tallies, totals, tallies.today);
  const { sums, atStart } = tallies;
  for (let k = 0; k < WIDTH; k++) {
    let later = totals.sums[k]!;
    for (let start = SEGMENTS - 1; start >= 0; start--) {
      sums[(SEGMENTS - 1 - start) * WIDTH + k] = later - atStart[start * WIDTH + k]!;
      later = atStart[start * WIDTH + k]!;
    }
  }
  for (let hour = 0; hour < HOURS; hour++) tallies.hours[hour] = totals.hours[hour]! - tallies.hoursAtStart[hour]!;
  tallies.part = SEGMENTS - 1;
  tallies.partStart = -NEVER;
}

export function lastWeek(tallies: Tallies, tally: number): number {
  return tallies.sums[tally]!;
}

/** Over R. */
export function recent(tallies: Tallies, tally: number): number {
  return tallies.sums[tally]! + tallies.sums[WIDTH + tally]!;
}

/** Over B. */
export function baseline(tallies: Tallies, tally: number): number {
  return tallies.sums[2 * WIDTH + tally]! + tallies.sums[3 * WIDTH + tally]!;
}

/** Counts a debit of a party at a date, where it is the first since the part began. */
export function countMerchant(tallies: Tallies, latestDay: number): void {
  if (latestDay < tallies.partStart) tallies.merchants[tallies.part]! += 1;
}

/** The capabilities that all rows of the last 90 dates declare; -1: there is no such row. */
export function capabilitiesOf(totals: Totals, contexts: readonly number[], firstDay: number): number {
  let capabilities = -1;
  for (let context = 0; 4 * context < contexts.length; context++) {
    if (totals.contextDay[context]! >= firstDay) capabilities &= contexts[4 * context + 3]!;
  }
  return capabilities;
}

const SPENDING_OF: Partial<Record<Category, number>> = {
  dining: Tally.discretionary,
  entertainment: Tally.discretionary,
  shopping: Tally.discretionary,
  travel: Tally.discretionary,
  gambling: Tally.discretionary,
  groceries: Tally.essential,
  utilities: Tally.essential,
  rent: Tally.essential,
  insurance: Tally.essential,
  health: Tally.essential,
  transport: Tally.essential,
};
const COUNTED_OF: Partial<Record<Category, number>> = {
  utilities: Tally.bills,
  rent: Tally.bills,
  insurance: Tally.bills,
  loan: Tally.bills,
  subscription: Tally.bills,
  overdraft_charge: Tally.charges,
};

/** By category code: the tally that a debit's amount is added to. */
export const SPENDING_BY_CATEGORY = Uint8Array.from(CATEGORIES, (one) => SPENDING_OF[one] ?? Tally.elsewhere);
/** By category code: the tally that counts such debits. */
export const COUNTED_BY_CATEGORY = Uint8Array.from(CATEGORIES, (one) => COUNTED_OF[one] ?? Tally.elsewhere);
/** By channel code. */
export const IS_CASH = Uint8Array.from(CHANNELS, (channel) => (channel === 'atm' || channel === 'branch' ? 1 : 0));

/** By category code: the kind of obligation that such an entry pays, by index; -1: none. */
export const KIND_BY_CATEGORY = Int8Array.from(CATEGORIES, (category) => {
  const kind = kindOfCategory(category);
  return kind === null ? -1 : OBLIGATION_KINDS.indexOf(kind);
});
