import { isWeekend } from '../calendar/days.ts';
import {
  type History,
  NAMED_TARGET,
  noteCredit,
  noteOutflow,
  pushPayment,
  type Reversals,
  reversedAtMs,
  UNSEEN,
} from './history.ts';
import type { Names } from './names.ts';
import {
  amountAt,
  balanceAt,
  CATEGORY_MASK,
  CHANNEL_SHIFT,
  CHANNELS,
  CONTEXT_MASK,
  contextAt,
  DATE_SHIFT,
  DATED,
  DEBIT,
  FAILED,
  flagsAt,
  KNOWS_BALANCE,
  LINKS,
  OWN_TRANSFER,
  occurredMsAt,
  POSITION,
  partyAt,
  positionAt,
  REVERSAL,
  REVERSED,
  type Records,
  TIME,
  TIME_MASK,
} from './records.ts';
import {
  COUNTED_BY_CATEGORY,
  countMerchant,
  IS_CASH,
  KIND_BY_CATEGORY,
  SPENDING_BY_CATEGORY,
  startSegments,
  type Tallies,
  Tally,
  type Totals,
} from './tallies.ts';

/**
 * The forward pass over a customer's rows in the order (date, occurred time, ledger position): one loop that reads a row once,
 * counts it for up to two frames and moves the history along. It may stop between any two rows, also within a date, and go on.
 *
 * Invariants: rows after t, and rows whose own date lies after t's, are passed over; only entries (settled, not reversed at
 * t, no reversal) move anything but the capabilities and the balances given; own transfers move balances only.
 *
 * A kernel: `sweep` is one long loop over the packed records.
 */
export interface Pass {
  readonly history: History;
  readonly totals: Totals;
  records: Records;
  names: Names;
  reversals: Reversals;
  /** The next record. */
  at: number;
  /** The date at work (-1: none yet), its first record, and whether it has an entry. */
  day: number;
  dayFrom: number;
  active: boolean;
  /** Whether the date at work has moved money or given a balance, and what its debits took. */
  touched: boolean;
  dayOutflowMinor: number;
}

/** What a pass fills for one t: the counts, and the closes of D-89...D, of which `closed` are filled. */
export interface Counted {
  readonly tallies: Tallies;
  readonly closes: Float64Array;
  closed: number;
}

const FIRST_CLOSE_AGE = 89;

/**
 * Goes on up to record `to`, exclusive. Rows dated `checkedFrom` or later are passed over where they occurred after `atMs`; all
 * rows before must have occurred by then. What is undone by `atMs` is left out.
 */
export function sweep(
  pass: Pass,
  to: number,
  atMs: number,
  checkedFrom: number,
  first: Counted,
  second: Counted,
): void {
  const { history, records, names, reversals } = pass;
  const { closes, net, given, chosen } = history;
  const { sums, hours, partyDay, contextDay } = pass.totals;
  const { words, stride } = records;
  const { contexts } = names;
  let { day } = pass;
  let weekend = isWeekend(day);
  for (let i = pass.at; i < to; i++) {
    const at = stride * i;
    const dated = words[at + DATED]!;
    if (dated >>> DATE_SHIFT !== day) {
      closeDate(pass, i, atMs);
      day = dated >>> DATE_SHIFT;
      openDate(pass, i, day, first, second);
      weekend = isWeekend(day);
    }
    if (day >= checkedFrom && occurredMsAt(records, names, i) > atMs) continue;
    const links = words[at + LINKS]!;
    const context = links & CONTEXT_MASK;
    contextDay[context] = day;
    const undone = (dated & REVERSED) !== 0 && reversedAtMs(reversals, words[at + POSITION]!) <= atMs;
    if ((dated & FAILED) !== 0) {
      if (!undone && (dated & DEBIT) !== 0) sums[Tally.failed]! += 1;
      continue;
    }
    const account = contexts[4 * context]!;
    if ((dated & KNOWS_BALANCE) !== 0) {
      given[account]! += 1;
      chosen[account] = balanceAt(records, i);
      pass.touched = true;
      if (closes[account] === UNSEEN) closes[account] = Number.NaN;
    }
    if (undone || (dated & REVERSAL) !== 0) continue;
    const amountMinor = amountAt(records, i);
    const debit = (dated & DEBIT) !== 0;
    if (closes[account] === UNSEEN) closes[account] = Number.NaN;
    net[account]! += debit ? -amountMinor : amountMinor;
    sums[Tally.entries]! += 1;
    hours[((words[at + TIME]! & TIME_MASK) / HOUR_MS) | 0]! += 1;
    if (!pass.active) noteActive(pass, day);
    if ((dated & OWN_TRANSFER) !== 0) continue;
    const party = partyAt(records, i);
    const channel = (dated >> CHANNEL_SHIFT) & 7;
    if (!debit) {
      sums[Tally.inflow]! += amountMinor;
      noteCredit(history, day, amountMinor, party === 0 ? channel : party + CHANNELS.length);
      continue;
    }
    if (day < history.firstDebitDay) history.firstDebitDay = day;
    history.outflowMinor += amountMinor;
    pass.dayOutflowMinor += amountMinor;
    const category = dated & CATEGORY_MASK;
    const target =
      contexts[4 * context + 1]! === 0 ? KIND_BY_CATEGORY[category]! : NAMED_TARGET + contexts[4 * context + 1]!;
    if (target >= 0) pushPayment(history, day, amountMinor, target);
    sums[Tally.outflow]! += amountMinor;
    sums[Tally.debits]! += 1;
    sums[SPENDING_BY_CATEGORY[category]!]! += amountMinor;
    sums[COUNTED_BY_CATEGORY[category]!]! += 1;
    if (weekend) sums[Tally.weekend]! += amountMinor;
    if (IS_CASH[channel] === 1) {
      sums[Tally.withdrawn]! += amountMinor;
      sums[Tally.withdrawals]! += 1;
    }
    if (party === 0) continue;
    const latest = partyDay[party]!;
    if (latest === day) continue;
    partyDay[party] = day;
    countMerchant(first.tallies, latest);
    countMerchant(second.tallies, latest);
  }
  pass.at = to;
}

const HOUR_MS = 3_600_000;

/** The first entry of a date; history's outflow of the date is 0 until its first debit. */
function noteActive(pass: Pass, day: number): void {
  const { history, totals } = pass;
  pass.active = true;
  pass.touched = true;
  totals.sums[Tally.activeDays]! += 1;
  if (day < history.firstEntryDay) history.firstEntryDay = day;
}

function openDate(pass: Pass, from: number, day: number, first: Counted, second: Counted): void {
  const { history, totals, names } = pass;
  pass.day = day;
  pass.dayFrom = from;
  pass.active = false;
  pass.touched = false;
  pass.dayOutflowMinor = 0;
  for (let a = 0; a < names.accounts.length; a++) {
    history.net[a] = 0;
    history.given[a] = 0;
  }
  fillCloses(first, day, history.balanceMinor);
  fillCloses(second, day, history.balanceMinor);
  if (first.tallies.nextStart > day && second.tallies.nextStart > day) return;
  // Totals run from the first date that a frame counts: what was before is of no use, and would only grow.
  if (first.tallies.started + second.tallies.started === 0) totals.sums.fill(0);
  startSegments(first.tallies, totals, day);
  startSegments(second.tallies, totals, day);
}

/** Every date before `day` that has no row closes as the date before it. */
function fillCloses(counted: Counted, day: number, balanceMinor: number): void {
  const until = day - counted.tallies.today + FIRST_CLOSE_AGE;
  while (counted.closed < until) counted.closes[counted.closed++] = balanceMinor;
}

/** Ends the date at work, whose last record is the one before `to`. Without rows since the date was opened it changes nothing. */
export function closeDate(pass: Pass, to: number, atMs: number): void {
  const { history, day } = pass;
  if (day < 0 || !pass.touched) return;
  chooseBalances(pass, to, atMs);
  const balanceMinor = balanceOfAccounts(pass, true);
  history.balanceMinor = balanceMinor;
  if (day >= history.firstDebitDay && balanceMinor < history.lowestMinor) history.lowestMinor = balanceMinor;
  if (pass.dayOutflowMinor > 0) noteOutflow(history, day, pass.dayOutflowMinor);
  pass.touched = false;
}

/** The customer's balance if the date at work ended here, before the next record; the pass can go on. */
export function balanceSoFar(pass: Pass, atMs: number): number {
  if (pass.day < 0 || !pass.touched) return pass.history.balanceMinor;
  chooseBalances(pass, pass.at, atMs);
  return balanceOfAccounts(pass, false);
}

/** Sum of the accounts' closes: the balance chosen, else the previous close + the date's net. NaN where one is unknown. */
function balanceOfAccounts({ history, names }: Pass, commit: boolean): number {
  const { closes, given, chosen, net } = history;
  let sum = 0;
  for (let a = 0; a < names.accounts.length; a++) {
    if (closes[a] === UNSEEN) continue;
    const close = given[a]! > 0 ? chosen[a]! : closes[a]! + net[a]!;
    if (commit) closes[a] = close;
    sum += close;
  }
  return sum;
}

/**
 * Where an account has several balances on the date: the one nearest to previous close + net, ties the highest position; the
 * highest position too where the previous close is unknown.
 */
function chooseBalances(pass: Pass, to: number, atMs: number): void {
  const { history, names } = pass;
  for (let a = 0; a < names.accounts.length; a++) if (history.given[a]! > 1) chooseBalance(pass, a, to, atMs);
}

function chooseBalance(pass: Pass, account: number, to: number, atMs: number): void {
  const { history, records, names, dayFrom } = pass;
  const previous = history.closes[account]!;
  const expected = previous + history.net[account]!;
  let best = -1;
  let bestDistance = 0;
  for (let i = dayFrom; i < to; i++) {
    const flags = flagsAt(records, i);
    if ((flags & (KNOWS_BALANCE | FAILED)) !== KNOWS_BALANCE) continue;
    if (names.contexts[contextAt(records, i)] !== account || occurredMsAt(records, names, i) > atMs) continue;
    const balance = balanceAt(records, i);
    const distance = Number.isNaN(previous) ? 0 : Math.abs(balance - expected);
    const position = positionAt(records, i);
    if (best >= 0 && (distance > bestDistance || (distance === bestDistance && position < best))) continue;
    best = position;
    bestDistance = distance;
    history.chosen[account] = balance;
  }
}
