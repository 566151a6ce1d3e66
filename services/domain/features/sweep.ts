import { isWeekend } from '../calendar/days.ts';
import * as past from './history.ts';
import { type History, noteCredit, noteOutflow, pushPayment, type Reversals, reversedAtMs } from './history.ts';
import type { Names } from './names.ts';
import * as layout from './record-layout.ts';
import { amountAt, balanceAt, contextAt, flagsAt, occurredMsAt, positionAt, type Records } from './records.ts';
import * as counting from './tallies.ts';
import { countMerchant, startSegments, type Tallies, type Totals } from './tallies.ts';

/** The engine folds a module's own constants into its code; imported ones are read from memory at every use. */
const {
  AMOUNT,
  BALANCE,
  CATEGORY_MASK,
  CHANNEL_SHIFT,
  CHANNELS,
  CONTEXT_MASK,
  DATE_SHIFT,
  DATED,
  DEBIT,
  FAILED,
  KNOWS_BALANCE,
  LINKS,
  NARROW,
  OWN_TRANSFER,
  POSITION,
  REVERSAL,
  REVERSED,
  TIME,
  TIME_BITS,
  TIME_MASK,
} = layout;
const { COUNTED_BY_CATEGORY, IS_CASH, KIND_BY_CATEGORY, SPENDING_BY_CATEGORY, Tally } = counting;
const { NAMED_TARGET, UNSEEN } = past;
const {
  failed: FAILURES,
  activeDays: ACTIVE_DAYS,
  withdrawn: WITHDRAWN,
  withdrawals: WITHDRAWALS,
  elsewhere: ELSEWHERE,
} = Tally;

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
  /** Whether the contexts differ in capabilities, so that it matters which are met when. */
  countsContexts: boolean;
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
  const { history, records, names, reversals, countsContexts } = pass;
  const { closes, net, given, chosen } = history;
  const { sums, hours, partyDay, contextDay } = pass.totals;
  const { words, stride } = records;
  const { contexts } = names;
  const single = names.accounts.length === 1;
  const hoursFrom = Math.min(first.tallies.hoursFrom, second.tallies.hoursFrom);
  let nextStart = Math.min(first.tallies.nextStart, second.tallies.nextStart);
  let { day, active, touched } = pass;
  let weekend = isWeekend(day);
  let { firstDebitDay } = history;
  // What most rows move is in variables while they are read: an element of an array costs as much as ten of them.
  let dayOutflow = pass.dayOutflowMinor;
  let outflow = 0;
  let debits = 0;
  let inflow = 0;
  let entries = 0;
  let weekendMinor = 0;
  let account = 0;
  let seen = closes[0] !== UNSEEN;
  let accountNet = net[0]!;
  let accountGiven = given[0]!;
  let accountChosen = chosen[0]!;
  for (let i = pass.at; i < to; i++) {
    const at = stride * i;
    const dated = words[at + DATED]!;
    if (dated >>> DATE_SHIFT !== day) {
      pass.dayOutflowMinor = dayOutflow;
      if (single && accountGiven <= 1) {
        if (touched) endDate(pass, accountGiven === 1 ? accountChosen : closes[0]! + accountNet);
      } else {
        net[account] = accountNet;
        given[account] = accountGiven;
        chosen[account] = accountChosen;
        pass.touched = touched;
        closeDate(pass, i, atMs);
      }
      day = dated >>> DATE_SHIFT;
      weekend = WEEKEND[(day + 4) % 7]!;
      openDate(pass, i, day, first, second);
      active = false;
      touched = false;
      dayOutflow = 0;
      accountNet = 0;
      accountGiven = 0;
      if (nextStart <= day) {
        note(sums, outflow, debits, inflow, entries, weekendMinor);
        outflow = debits = inflow = entries = weekendMinor = 0;
        startFrames(pass, day, first, second);
        nextStart = Math.min(first.tallies.nextStart, second.tallies.nextStart);
      }
    }
    if (day >= checkedFrom && occurredMsAt(records, names, i) > atMs) continue;
    const links = words[at + LINKS]!;
    const context = 4 * (links & CONTEXT_MASK);
    if (countsContexts) contextDay[context >> 2] = day;
    const undone = (dated & REVERSED) !== 0 && reversedAtMs(reversals, words[at + POSITION]!) <= atMs;
    if ((dated & FAILED) !== 0) {
      if (!undone && (dated & DEBIT) !== 0) sums[FAILURES]! += 1;
      continue;
    }
    const moves = !undone && (dated & REVERSAL) === 0;
    const knows = (dated & KNOWS_BALANCE) !== 0;
    if (!moves && !knows) continue;
    if (contexts[context] !== account) {
      net[account] = accountNet;
      given[account] = accountGiven;
      chosen[account] = accountChosen;
      account = contexts[context]!;
      seen = closes[account] !== UNSEEN;
      accountNet = net[account]!;
      accountGiven = given[account]!;
      accountChosen = chosen[account]!;
    }
    if (!seen) {
      seen = true;
      closes[account] = Number.NaN;
    }
    if (knows) {
      accountGiven++;
      accountChosen = stride === NARROW ? words[at + BALANCE]! | 0 : balanceAt(records, i);
      touched = true;
    }
    if (!moves) continue;
    const amountMinor = stride === NARROW ? words[at + AMOUNT]! : amountAt(records, i);
    entries++;
    const time = words[at + TIME]!;
    if (day >= hoursFrom) hours[(((time & TIME_MASK) + 0.5) * HOURS_A_MS) | 0]! += 1;
    if (!active) {
      active = true;
      touched = true;
      sums[ACTIVE_DAYS]! += 1;
      if (day < history.firstEntryDay) history.firstEntryDay = day;
    }
    const party = (links >>> 16) | ((time >>> TIME_BITS) << 16);
    const channel = (dated >> CHANNEL_SHIFT) & 7;
    if ((dated & DEBIT) === 0) {
      accountNet += amountMinor;
      if ((dated & OWN_TRANSFER) !== 0) continue;
      inflow += amountMinor;
      noteCredit(history, day, amountMinor, party === 0 ? channel : party + CHANNELS.length, dayOutflow);
      continue;
    }
    accountNet -= amountMinor;
    if ((dated & OWN_TRANSFER) !== 0) continue;
    if (day < firstDebitDay) {
      firstDebitDay = day;
      history.firstDebitDay = day;
    }
    dayOutflow += amountMinor;
    outflow += amountMinor;
    debits++;
    if (weekend) weekendMinor += amountMinor;
    const category = dated & CATEGORY_MASK;
    const obligation = contexts[context + 1]!;
    const target = obligation === 0 ? KIND_BY_CATEGORY[category]! : NAMED_TARGET + obligation;
    if (target >= 0) pushPayment(history, day, amountMinor, target);
    sums[SPENDING_BY_CATEGORY[category]!]! += amountMinor;
    const counted = COUNTED_BY_CATEGORY[category]!;
    if (counted !== ELSEWHERE) sums[counted]! += 1;
    if (IS_CASH[channel] === 1) {
      sums[WITHDRAWN]! += amountMinor;
      sums[WITHDRAWALS]! += 1;
    }
    if (party === 0) continue;
    const latest = partyDay[party]!;
    if (latest === day) continue;
    partyDay[party] = day;
    countMerchant(first.tallies, latest);
    countMerchant(second.tallies, latest);
  }
  net[account] = accountNet;
  given[account] = accountGiven;
  chosen[account] = accountChosen;
  pass.active = active;
  pass.touched = touched;
  pass.dayOutflowMinor = dayOutflow;
  note(sums, outflow, debits, inflow, entries, weekendMinor);
  pass.at = to;
}

/** With half a millisecond more the product is never short of a whole hour. */
const HOURS_A_MS = 1 / 3_600_000;

/** By days since a Sunday: a table, as dates here are not negative and a remainder of integers is cheap. */
const WEEKEND = [true, false, false, false, false, false, true];

function note(
  sums: Float64Array,
  outflow: number,
  debits: number,
  inflow: number,
  entries: number,
  weekendMinor: number,
): void {
  sums[Tally.outflow]! += outflow;
  sums[Tally.debits]! += debits;
  sums[Tally.inflow]! += inflow;
  sums[Tally.entries]! += entries;
  sums[Tally.weekend]! += weekendMinor;
}

function openDate(pass: Pass, from: number, day: number, first: Counted, second: Counted): void {
  const { history, names } = pass;
  pass.day = day;
  pass.dayFrom = from;
  if (names.accounts.length > 1) {
    history.net.fill(0, 0, names.accounts.length);
    history.given.fill(0, 0, names.accounts.length);
  }
  fillCloses(first, day, history.balanceMinor);
  fillCloses(second, day, history.balanceMinor);
}

/** Totals run from the first date that a frame counts: what was before is of no use, and would only grow. */
function startFrames({ totals }: Pass, day: number, first: Counted, second: Counted): void {
  if (first.tallies.started + second.tallies.started === 0) totals.sums.fill(0);
  startSegments(first.tallies, totals, day);
  startSegments(second.tallies, totals, day);
}

/** Every date before `day` that has no row closes as the date before it. */
function fillCloses(counted: Counted, day: number, balanceMinor: number): void {
  const { closes } = counted;
  const until = day - counted.tallies.today + FIRST_CLOSE_AGE;
  let { closed } = counted;
  if (closed >= until) return;
  while (closed < until) closes[closed++] = balanceMinor;
  counted.closed = closed;
}

/** Ends the date at work, whose last record is the one before `to`. Without rows since the date was opened it changes nothing. */
export function closeDate(pass: Pass, to: number, atMs: number): void {
  if (pass.day < 0 || !pass.touched) return;
  chooseBalances(pass, to, atMs);
  noteClose(pass, balanceOfAccounts(pass, true));
  pass.touched = false;
}

/** The only account's close is the customer's. */
function endDate(pass: Pass, closeMinor: number): void {
  pass.history.closes[0] = closeMinor;
  noteClose(pass, closeMinor + 0);
}

function noteClose({ history, day, dayOutflowMinor }: Pass, balanceMinor: number): void {
  history.balanceMinor = balanceMinor;
  if (day >= history.firstDebitDay && balanceMinor < history.lowestMinor) history.lowestMinor = balanceMinor;
  if (dayOutflowMinor > 0) noteOutflow(history, day, dayOutflowMinor);
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
