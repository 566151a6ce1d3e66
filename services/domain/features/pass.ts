import * as past from './history.ts';
import { type History, noteOutflow, type Reversals } from './history.ts';
import type { Names } from './names.ts';
import * as layout from './record-layout.ts';
import { balanceAt, contextAt, flagsAt, occurredMsAt, positionAt, type Records } from './records.ts';
import type { Tallies, Totals } from './tallies.ts';

/** The engine folds a module's own constants into its code; imported ones are read from memory at every use. */
const { FAILED, KNOWS_BALANCE } = layout;
const { UNSEEN } = past;

/**
 * The forward pass over a customer's rows in the order (date, occurred time, ledger position): one loop that reads a row once,
 * counts it for up to two frames and moves the history along. It may stop between any two rows, also within a date, and go on.
 *
 * Invariants: rows after t, and rows whose own date lies after t's, are passed over; only entries (settled, not reversed at
 * t, no reversal) move anything but the capabilities and the balances given; own transfers move balances only.
 *
 * A kernel: `sweep` is one long loop over the packed records; here is what it carries along, and what happens where a date begins or ends.
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

/** Begins a date at its first record: the dates since the last one close as it did. */
export function openDate(pass: Pass, from: number, day: number, first: Counted, second: Counted): void {
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

/** Ends the date at work of a customer with one account: its close is the customer's. */
export function endDate(pass: Pass, closeMinor: number): void {
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
