import type { Category } from '../bank/transaction.ts';
import { kindOfCategory, OBLIGATION_KINDS } from '../obligations/settle.ts';
import { CATEGORIES, CATEGORY_MASK, CHANNEL_SHIFT, CHANNELS } from './records.ts';

/**
 * Counts and sums over the last 90 dates, in four segments that the windows of the catalogue are made of: D-6...D,
 * D-29...D-7 (together R), D-59...D-30 and D-89...D-60 (together B). Money in minor units: exact integers, so that no order of
 * addition changes a bit.
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
} as const;
const WIDTH = 12;
const SEGMENTS = 4;

export interface Tallies {
  readonly sums: Float64Array;
  /** Entries of R by hour of the local day. */
  readonly hours: Int32Array;
  /** Dates of R with an entry. */
  activeDays: number;
  lastActiveDay: number;
  /** Distinct merchants in R, D-59...D-30 and D-89...D-60. */
  readonly merchants: Int32Array;
  /** By party: the observation's number times 8, and a bit for each of the three where it was seen. */
  seen: Int32Array;
  generation: number;
  /** Rows of the 90 dates, failed ones and reversals included, and the capabilities that all of them declare. */
  rows: number;
  capabilities: number;
}

export function createTallies(): Tallies {
  return {
    sums: new Float64Array(WIDTH * SEGMENTS),
    hours: new Int32Array(24),
    activeDays: 0,
    lastActiveDay: 0,
    merchants: new Int32Array(3),
    seen: new Int32Array(256),
    generation: 0,
    rows: 0,
    capabilities: 0,
  };
}

export function resetTallies(tallies: Tallies, parties: number): void {
  tallies.sums.fill(0);
  tallies.hours.fill(0);
  tallies.merchants.fill(0);
  tallies.activeDays = 0;
  tallies.lastActiveDay = -1;
  tallies.rows = 0;
  tallies.capabilities = -1;
  if (tallies.seen.length < parties) tallies.seen = new Int32Array(parties * 2);
  tallies.generation++;
  if (tallies.generation >= 1 << 27) {
    tallies.generation = 1;
    tallies.seen.fill(0);
  }
}

/** The segment of a date `age` days before D, 0-89. */
export function segmentOf(age: number): number {
  if (age < 7) return 0;
  if (age < 30) return 1;
  return age < 60 ? 2 : 3;
}

export function add(tallies: Tallies, segment: number, tally: number, amount: number): void {
  tallies.sums[segment * WIDTH + tally]! += amount;
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

export function countRow(tallies: Tallies, capabilities: number): void {
  tallies.rows++;
  tallies.capabilities &= capabilities;
}

/** An entry, whatever it moved. */
export function countEntry(tallies: Tallies, segment: number, day: number, msOfDay: number): void {
  tallies.sums[segment * WIDTH + Tally.entries]! += 1;
  if (segment > 1) return;
  tallies.hours[Math.floor(msOfDay / 3_600_000)]! += 1;
  if (day !== tallies.lastActiveDay) {
    tallies.lastActiveDay = day;
    tallies.activeDays++;
  }
}

/** A debit that is a flow. */
export function countDebit(
  tallies: Tallies,
  segment: number,
  amountMinor: number,
  flags: number,
  weekend: boolean,
  party: number,
): void {
  const { sums } = tallies;
  const at = segment * WIDTH;
  const traits = TRAITS[flags & CATEGORY_MASK]!;
  sums[at + Tally.outflow]! += amountMinor;
  sums[at + Tally.debits]! += 1;
  if (weekend) sums[at + Tally.weekend]! += amountMinor;
  if (traits !== 0) {
    if (traits & DISCRETIONARY) sums[at + Tally.discretionary]! += amountMinor;
    if (traits & ESSENTIAL) sums[at + Tally.essential]! += amountMinor;
    if (traits & BILL) sums[at + Tally.bills]! += 1;
    if (traits & CHARGE) sums[at + Tally.charges]! += 1;
  }
  if (IS_CASH[(flags >> CHANNEL_SHIFT) & 7]) {
    sums[at + Tally.withdrawn]! += amountMinor;
    sums[at + Tally.withdrawals]! += 1;
  }
  if (party !== 0) countMerchant(tallies, segment, party);
}

function countMerchant(tallies: Tallies, segment: number, party: number): void {
  const part = segment < 2 ? 0 : segment - 1;
  const base = tallies.generation * 8;
  const seen = Math.max(tallies.seen[party]!, base);
  const bit = 1 << part;
  if ((seen & bit) !== 0) return;
  tallies.seen[party] = seen | bit;
  tallies.merchants[part]! += 1;
}

const DISCRETIONARY = 1;
const ESSENTIAL = 2;
const BILL = 4;
const CHARGE = 8;

const TRAIT_OF: Partial<Record<Category, number>> = {
  dining: DISCRETIONARY,
  entertainment: DISCRETIONARY,
  shopping: DISCRETIONARY,
  travel: DISCRETIONARY,
  gambling: DISCRETIONARY,
  groceries: ESSENTIAL,
  utilities: ESSENTIAL | BILL,
  rent: ESSENTIAL | BILL,
  insurance: ESSENTIAL | BILL,
  health: ESSENTIAL,
  transport: ESSENTIAL,
  loan: BILL,
  subscription: BILL,
  overdraft_charge: CHARGE,
};
const TRAITS = Uint8Array.from(CATEGORIES, (category) => TRAIT_OF[category] ?? 0);
const IS_CASH = Uint8Array.from(CHANNELS, (channel) => (channel === 'atm' || channel === 'branch' ? 1 : 0));

/** By category code: the kind of obligation that such an entry pays, by index; -1: none. */
export const KIND_BY_CATEGORY = Int8Array.from(CATEGORIES, (category) => {
  const kind = kindOfCategory(category);
  return kind === null ? -1 : OBLIGATION_KINDS.indexOf(kind);
});
