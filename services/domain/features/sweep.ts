import { isWeekend } from '../calendar/days.ts';
import {
  type History,
  NAMED_TARGET as NAMED_TARGET_,
  noteCredit,
  noteOutflow,
  pushPayment,
  type Reversals,
  reversedAtMs,
  UNSEEN as UNSEEN_,
} from './history.ts';
import type { Names } from './names.ts';
import {
  AMOUNT as AMOUNT_,
  amountAt,
  BALANCE as BALANCE_,
  balanceAt,
  CATEGORY_MASK as CATEGORY_MASK_,
  CHANNEL_SHIFT as CHANNEL_SHIFT_,
  CHANNELS as CHANNELS_,
  CONTEXT_MASK as CONTEXT_MASK_,
  contextAt,
  DATE_SHIFT as DATE_SHIFT_,
  DATED as DATED_,
  DEBIT as DEBIT_,
  FAILED as FAILED_,
  flagsAt,
  KNOWS_BALANCE as KNOWS_BALANCE_,
  LINKS as LINKS_,
  NARROW as NARROW_,
  OWN_TRANSFER as OWN_TRANSFER_,
  occurredMsAt,
  POSITION as POSITION_,
  positionAt,
  REVERSAL as REVERSAL_,
  REVERSED as REVERSED_,
  type Records,
  TIME as TIME_,
  TIME_BITS as TIME_BITS_,
  TIME_MASK as TIME_MASK_,
} from './records.ts';
import {
  COUNTED_BY_CATEGORY as COUNTED_BY_CATEGORY_,
  countMerchant,
  IS_CASH as IS_CASH_,
  KIND_BY_CATEGORY as KIND_BY_CATEGORY_,
  SPENDING_BY_CATEGORY as SPENDING_BY_CATEGORY_,
  startSegments,
  type Tallies,
  Tally,
  type Totals,
} from './tallies.ts';

// The engine folds a module's own constants into its code, and reads imported ones from memory at every use.
const AMOUNT = AMOUNT_;
const BALANCE = BALANCE_;
const CATEGORY_MASK = CATEGORY_MASK_;
const CHANNEL_SHIFT = CHANNEL_SHIFT_;
const CHANNELS = CHANNELS_;
const CONTEXT_MASK = CONTEXT_MASK_;
const DATE_SHIFT = DATE_SHIFT_;
const DATED = DATED_;
const DEBIT = DEBIT_;
const FAILED = FAILED_;
const KNOWS_BALANCE = KNOWS_BALANCE_;
const LINKS = LINKS_;
const NARROW = NARROW_;
const OWN_TRANSFER = OWN_TRANSFER_;
const POSITION = POSITION_;
const REVERSAL = REVERSAL_;
const REVERSED = REVERSED_;
const TIME = TIME_;
const TIME_BITS = TIME_BITS_;
const TIME_MASK = TIME_MASK_;
const COUNTED_BY_CATEGORY = COUNTED_BY_CATEGORY_;
const IS_CASH = IS_CASH_;
const KIND_BY_CATEGORY = KIND_BY_CATEGORY_;
const SPENDING_BY_CATEGORY = SPENDING_BY_CATEGORY_;
const NAMED_TARGET = NAMED_TARGET_;
const UNSEEN = UNSEEN_;
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
      net[account] = accountNet;
      given[account] = accountGiven;
      chosen[account] = accountChosen;
      pass.touched = touched;
      pass.dayOutflowMinor = dayOutflow;
      closeDate(pass, i, atMs);
      day = dated >>> DATE_SHIFT;
      weekend = isWeekend(day);
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
  const { history, day } = pass;
  if (day < 0 || !pass.touched) return;
  const { closes, given, chosen, net } = history;
  let balanceMinor: number;
  if (pass.names.accounts.length === 1 && given[0]! <= 1) {
    balanceMinor = given[0] === 1 ? chosen[0]! : closes[0]! + net[0]!;
    closes[0] = balanceMinor;
  } else {
    chooseBalances(pass, to, atMs);
    balanceMinor = balanceOfAccounts(pass, true);
  }
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
