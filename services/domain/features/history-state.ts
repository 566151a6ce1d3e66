import { monthOf } from '../calendar/days.ts';
import { type History, pushCredit, pushPayment, trimOutflow, UNSEEN } from './history.ts';
import type { Names } from './names.ts';
import { CHANNELS } from './records.ts';
import { LOOK_BACK_DAYS, SALARIES_KEPT } from './salary-detection.ts';

/**
 * The forward pass as a flat list of numbers, so that a fold is one array and its bits are its identity. Layout: the header
 * below, then closes by account, pairs (month, credits), (date, outflow), (coded credit, amount), (coded payment, amount), and
 * the salaries' dates and amounts.
 */
const HEADER = 17;
const CREDIT_GROUPS = 2 ** 23;
const PAYMENT_TARGETS = 2 ** 17;

/** Starts the pass: from a fold's state, or from nothing where the state is empty. */
export function loadHistory(history: History, state: Float64Array, names: Names): void {
  clear(history, names);
  if (state.length === 0) return;
  history.latestMs = state[0]!;
  history.latestPosition = state[1]!;
  history.latestOffset = state[2]!;
  history.latestCapabilities = state[3]!;
  history.firstEntryDay = state[4]!;
  history.firstDebitDay = state[5]!;
  history.lowestMinor = state[6]!;
  history.cycle.group = state[12]!;
  history.cycle.gapDays = state[13]!;
  history.cycle.totalMinor = state[14]!;
  history.cycle.startDay = state[15]!;
  history.cycle.count = state[16]!;
  loadLists(history, state);
}

function clear(history: History, names: Names): void {
  const accounts = names.accounts.length;
  if (history.closes.length < accounts) {
    history.closes = new Float64Array(accounts * 2);
    history.net = new Float64Array(accounts * 2);
    history.given = new Int32Array(accounts * 2);
    history.chosen = new Float64Array(accounts * 2);
  }
  const groups = names.parties.length + 1 + CHANNELS.length;
  if (history.latestOfGroup.length < groups) history.latestOfGroup = new Int32Array(groups * 2);
  history.latestOfGroup.fill(-1, 0, groups);
  history.closes.fill(UNSEEN, 0, accounts);
  history.latestMs = Number.NEGATIVE_INFINITY;
  history.latestPosition = 0;
  history.latestOffset = 0;
  history.latestCapabilities = 0;
  history.firstEntryDay = Number.POSITIVE_INFINITY;
  history.firstDebitDay = Number.POSITIVE_INFINITY;
  history.lowestMinor = Number.POSITIVE_INFINITY;
  history.balanceMinor = Number.NaN;
  history.months.fill(-1);
  history.outflowHead = 0;
  history.outflowCount = 0;
  history.outflowMinor = 0;
  history.credits.count = 0;
  history.paymentCount = 0;
  history.cycle.group = 0;
  history.cycle.gapDays = 0;
  history.cycle.totalMinor = 0;
  history.cycle.startDay = 0;
  history.cycle.count = 0;
}

function loadLists(history: History, state: Float64Array): void {
  let at = HEADER;
  let sum = 0;
  let seen = 0;
  for (let a = 0; a < state[7]!; a++, at++) {
    history.closes[a] = state[at]!;
    if (state[at] === UNSEEN) continue;
    sum += state[at]!;
    seen++;
  }
  if (seen > 0) history.balanceMinor = sum;
  for (let m = 0; m < state[8]!; m++, at += 2) {
    history.months[state[at]! & 15] = state[at]!;
    history.inflow[state[at]! & 15] = state[at + 1]!;
  }
  for (let d = 0; d < state[9]!; d++, at += 2) {
    history.outflowDay[d] = state[at]!;
    history.outflowSum[d] = state[at + 1]!;
    history.outflowMinor += state[at + 1]!;
    history.outflowCount++;
  }
  for (let c = 0; c < state[10]!; c++, at += 2) {
    const code = state[at]!;
    const grouped = Math.floor(code / 2);
    const day = Math.floor(grouped / CREDIT_GROUPS);
    pushCredit(history, day, state[at + 1]!, grouped - day * CREDIT_GROUPS, code - grouped * 2);
  }
  for (let p = 0; p < state[11]!; p++, at += 2) {
    const day = Math.floor(state[at]! / PAYMENT_TARGETS);
    pushPayment(history, day, state[at + 1]!, state[at]! - day * PAYMENT_TARGETS);
  }
  for (let s = 0; s < history.cycle.count; s++, at += 2) {
    history.cycle.days[s] = state[at]!;
    history.cycle.amountsMinor[s] = state[at + 1]!;
  }
}

/** The state of the pass before the date `boundaryDay`: what no later date can need is left out. */
export function saveHistory(history: History, names: Names, boundaryDay: number): Float64Array {
  trimOutflow(history, boundaryDay);
  const months = keptMonths(history, boundaryDay);
  const { credits, cycle } = history;
  let firstCredit = 0;
  while (firstCredit < credits.count && credits.day[firstCredit]! <= boundaryDay - LOOK_BACK_DAYS) firstCredit++;
  const state = [
    history.latestMs,
    history.latestPosition,
    history.latestOffset,
    history.latestCapabilities,
    history.firstEntryDay,
    history.firstDebitDay,
    history.lowestMinor,
    names.accounts.length,
    months.length / 2,
    history.outflowCount - history.outflowHead,
    credits.count - firstCredit,
    history.paymentCount,
    cycle.group,
    cycle.gapDays,
    cycle.totalMinor,
    cycle.startDay,
    cycle.count,
    ...history.closes.subarray(0, names.accounts.length),
    ...months,
  ];
  for (let d = history.outflowHead; d < history.outflowCount; d++)
    state.push(history.outflowDay[d]!, history.outflowSum[d]!);
  for (let c = firstCredit; c < credits.count; c++) {
    const code = (credits.day[c]! * CREDIT_GROUPS + credits.group[c]!) * 2 + credits.large[c]!;
    state.push(code, credits.amountMinor[c]!);
  }
  for (let p = 0; p < history.paymentCount; p++) {
    state.push(history.paymentDay[p]! * PAYMENT_TARGETS + history.paymentTarget[p]!, history.paymentMinor[p]!);
  }
  for (let s = 0; s < cycle.count && s < SALARIES_KEPT; s++) state.push(cycle.days[s]!, cycle.amountsMinor[s]!);
  return Float64Array.from(state);
}

/** Credits of the boundary's month and the 12 before it, oldest first. */
function keptMonths(history: History, boundaryDay: number): number[] {
  const kept: number[] = [];
  const last = monthOf(boundaryDay);
  for (let month = last - 12; month <= last; month++) {
    if (history.months[month & 15] === month) kept.push(month, history.inflow[month & 15]!);
  }
  return kept;
}

/** The groups that a saved state refers to are renumbered by parties; `renumber` maps old to new. Answers a new state. */
export function renumberGroups(state: Float64Array, renumber: (group: number) => number): Float64Array {
  const copy = state.slice();
  if (copy.length === 0) return copy;
  copy[12] = renumber(copy[12]!);
  const first = HEADER + copy[7]! + 2 * (copy[8]! + copy[9]!);
  for (let at = first; at < first + 2 * copy[10]!; at += 2) {
    const large = copy[at]! % 2;
    const grouped = Math.floor(copy[at]! / 2);
    const day = Math.floor(grouped / CREDIT_GROUPS);
    copy[at] = (day * CREDIT_GROUPS + renumber(grouped - day * CREDIT_GROUPS)) * 2 + large;
  }
  return copy;
}

/** Calls back with every group that a saved state refers to. */
export function forEachGroup(state: Float64Array, seen: (group: number) => void): void {
  renumberGroups(state, (group) => {
    seen(group);
    return group;
  });
}
