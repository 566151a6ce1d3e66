import { isWeekend } from '../calendar/days.ts';
import * as past from './history.ts';
import { noteCredit, pushPayment, reversedAtMs } from './history.ts';
import { type Counted, closeDate, endDate, openDate, type Pass } from './pass.ts';
import * as layout from './record-layout.ts';
import { amountAt, balanceAt, occurredMsAt } from './records.ts';
import * as counting from './tallies.ts';
import { countMerchant, startSegments } from './tallies.ts';

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

/** Totals run from the first date that a frame counts: what was before is of no use, and would only grow. */
function startFrames({ totals }: Pass, day: number, first: Counted, second: Counted): void {
  if (first.tallies.started + second.tallies.started === 0) totals.sums.fill(0);
  startSegments(first.tallies, totals, day);
  startSegments(second.tallies, totals, day);
}
