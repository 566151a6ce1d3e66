import type { Profile } from '../bank/profile.ts';
import { DAY_MS, dayOf } from '../calendar/days.ts';
import { HORIZON_DAYS } from '../obligations/eligibility.ts';
import {
  emptySettlement,
  openSettlement,
  type Settlement,
  settlePayment,
  UNSEEN_PAYMENT_DAYS,
} from '../obligations/settle.ts';
import type { Fold } from './fold.ts';
import { createHistory, type History, NAMED_TARGET, type Reversals } from './history.ts';
import { loadHistory } from './history-state.ts';
import { emptyNames, type Names, numberOf } from './names.ts';
import { balanceSoFar, type Counted, type Pass } from './pass.ts';
import {
  contextAt,
  dayAt,
  emptyRecords,
  firstDated,
  indexOfPosition,
  occurredMsAt,
  positionAt,
  type Records,
} from './records.ts';
import { emptySalaryView, prepareSalary, type SalaryView } from './salary.ts';
import {
  capabilitiesOf,
  createTallies,
  createTotals,
  finishTallies,
  openTallies,
  resetTotals,
  type Tallies,
} from './tallies.ts';

/** What is known of a customer's ledger: a fold of the oldest dates, and every row since as a record. */
export interface KnownLedger {
  readonly records: Records;
  readonly names: Names;
  readonly fold: Fold;
  readonly reversals: Reversals;
}

/** All that the features are computed from at one t. Two frames, of t and of 7 days before, may share one pass. */
export interface Frame extends Counted {
  readonly history: History;
  readonly tallies: Tallies;
  /** Closes of D-89...D; NaN unknown. */
  readonly closes: Float64Array;
  readonly salary: SalaryView;
  /** Null: obligations are not known. */
  settlement: Settlement | null;
  /** D. */
  today: number;
  capabilities: number;
  /** t. */
  atMs: number;
}

/** A pass with what it has settled of the profile's obligations: the payments that it has met so far. */
export interface SettlingPass extends Pass {
  readonly settlement: Settlement;
  /** How many payments are settled; -1: the settlement is not opened. */
  settled: number;
  /** By obligation as the ledger names it: which one of the profile it is. */
  listed: Int32Array;
}

/** Dates a vector looks back, D included; stress_velocity_7d needs 7 more. */
export const LOOK_BACK_DATES = 90;

export function createFrame(history: History): Frame {
  return {
    history,
    tallies: createTallies(),
    closes: new Float64Array(LOOK_BACK_DATES),
    closed: 0,
    salary: emptySalaryView(),
    settlement: null,
    today: Number.POSITIVE_INFINITY,
    capabilities: 0,
    atMs: 0,
  };
}

export function createPass(): SettlingPass {
  return {
    history: createHistory(),
    totals: createTotals(),
    records: NO_LEDGER.records,
    names: NO_LEDGER.names,
    reversals: [],
    at: 0,
    day: -1,
    dayFrom: 0,
    active: false,
    touched: false,
    dayOutflowMinor: 0,
    countsContexts: true,
    settlement: emptySettlement(),
    settled: -1,
    listed: new Int32Array(16),
  };
}

const NO_LEDGER = { records: emptyRecords(0), names: emptyNames() };

/** Begins at the fold. */
export function startPass(pass: SettlingPass, ledger: KnownLedger): void {
  const { records, names, fold, reversals } = ledger;
  pass.records = records;
  pass.names = names;
  pass.reversals = reversals;
  pass.at = 0;
  pass.day = -1;
  pass.active = false;
  pass.touched = false;
  pass.dayOutflowMinor = 0;
  pass.settled = -1;
  pass.countsContexts = differInCapabilities(names.contexts);
  loadHistory(pass.history, fold.state, names);
  resetTotals(pass.totals, names.parties.length + 1, names.contexts.length / 4);
}

/** If not, the latest row tells what all rows declare: the contexts are those of every row that the window ever had. */
function differInCapabilities(contexts: readonly number[]): boolean {
  for (let i = 7; i < contexts.length; i += 4) if (contexts[i] !== contexts[3]) return true;
  return false;
}

export type FrameOutcome = 'ready' | 'no-row' | 'folded-away';

/**
 * Makes a frame ready for a pass at t. D is t's date at the offset of the latest row (by occurred time, then position) at or
 * before t. 'no-row': none is; 'folded-away': the fold reaches into the last 90 dates of t, or left out what t still counts.
 */
export function openFrame(frame: Frame, ledger: KnownLedger, atMs: number): FrameOutcome {
  const { fold } = ledger;
  const offset = noteLatestRow(frame, ledger, atMs);
  if (offset === null) return 'no-row';
  const today = dayOf(atMs, offset);
  if (today - LOOK_BACK_DATES + 1 < fold.boundaryDay || atMs < fold.validFromMs) return 'folded-away';
  frame.today = today;
  frame.atMs = atMs;
  frame.closed = 0;
  openTallies(frame.tallies, today);
  return 'ready';
}

/** No row is further from UTC. */
const LARGEST_OFFSET_MS = 14 * 3_600_000;

/**
 * Offset of the latest row at or before t, whose capabilities hold while no row of 90 dates tells others; null: there is none.
 * Records lie in date order, and offsets move a date by two at most.
 */
function noteLatestRow(frame: Frame, ledger: KnownLedger, atMs: number): number | null {
  const { records, names, fold } = ledger;
  const folded = fold.rows > 0 && fold.state[0]! <= atMs;
  let latestMs = folded ? fold.state[0]! : Number.NEGATIVE_INFINITY;
  let latestPosition = folded ? fold.state[1]! : 0;
  let offset = folded ? fold.state[2]! : null;
  if (folded) frame.capabilities = fold.state[3]!;
  let latestDay = Number.NEGATIVE_INFINITY;
  for (let i = firstDated(records, Math.floor((atMs + LARGEST_OFFSET_MS) / DAY_MS) + 1) - 1; i >= 0; i--) {
    const day = dayAt(records, i);
    if (day < latestDay - 2) break;
    const occurredMs = occurredMsAt(records, names, i);
    if (occurredMs > atMs || occurredMs < latestMs) continue;
    const position = positionAt(records, i);
    if (occurredMs === latestMs && position < latestPosition) continue;
    latestMs = occurredMs;
    latestPosition = position;
    latestDay = Math.max(latestDay, day);
    const context = contextAt(records, i);
    offset = names.contexts[context + 2]!;
    frame.capabilities = names.contexts[context + 3]!;
  }
  return offset;
}

/** Dates before D on which every row has occurred by t, whatever the offsets. */
export const SURELY_BEFORE_DAYS = 2;

/**
 * The record at which a pass for `later` has done all that `earlier` counts and nothing else, so that one pass serves both; -1:
 * there is none, as the offsets of rows about the earlier t differ, or a row was undone between the two.
 */
export function sharedUntil(ledger: KnownLedger, earlier: Frame, later: Frame): number {
  const { records, names, reversals } = ledger;
  const end = firstDated(records, earlier.today + 1);
  let split = firstDated(records, earlier.today - SURELY_BEFORE_DAYS);
  while (split < end && occurredMsAt(records, names, split) <= earlier.atMs) split++;
  for (let i = split + 1; i < end; i++) if (occurredMsAt(records, names, i) <= earlier.atMs) return -1;
  for (let r = 0; r < reversals.length; r += 2) {
    const undoneMs = reversals[r + 1]!;
    if (undoneMs <= earlier.atMs || undoneMs > later.atMs) continue;
    const index = indexOfPosition(records, reversals[r]!);
    if (index >= 0 && index < split) return -1;
  }
  return split;
}

/**
 * Fills the frame where its rows end; the pass may go on behind it. Dues are settled with all payments so far, up to
 * `lastDay` + {@link HORIZON_DAYS}.
 */
export function finishFrame(frame: Frame, pass: SettlingPass, profile: Profile | null, lastDay: number): void {
  const { history, today, closes } = frame;
  const balanceMinor = balanceSoFar(pass, frame.atMs);
  while (frame.closed < LOOK_BACK_DATES) closes[frame.closed++] = balanceMinor;
  finishTallies(frame.tallies, pass.totals);
  if (pass.countsContexts) {
    const declared = capabilitiesOf(pass.totals, pass.names.contexts, today - LOOK_BACK_DATES + 1);
    if (declared >= 0) frame.capabilities = declared;
  }
  frame.settlement = null;
  frame.salary.known = false;
  if (history.firstEntryDay === Number.POSITIVE_INFINITY) return;
  const dayOfMonth = profile?.salaryDayOfMonth ?? null;
  prepareSalary(frame.salary, history.cycle, history.credits, dayOfMonth, history.firstEntryDay, today);
  if (profile === null || !profile.obligationsDeclared) return;
  settleSoFar(pass, profile, lastDay + HORIZON_DAYS);
  frame.settlement = pass.settlement;
}

function settleSoFar(pass: SettlingPass, profile: Profile, toDay: number): void {
  const { history, settlement } = pass;
  const { obligations } = profile;
  if (pass.settled < 0) {
    openSettlement(settlement, obligations, history.firstEntryDay + UNSEEN_PAYMENT_DAYS, toDay);
    listObligations(pass, profile);
    pass.settled = 0;
  }
  for (; pass.settled < history.paymentCount; pass.settled++) {
    const named = history.paymentTarget[pass.settled]! - NAMED_TARGET;
    const target = named < 0 ? -1 - history.paymentTarget[pass.settled]! : pass.listed[named]!;
    const day = history.paymentDay[pass.settled]!;
    settlePayment(settlement, obligations, day, history.paymentMinor[pass.settled]!, target);
  }
}

/** A name that the profile does not list goes nowhere; of two that are alike the first counts. */
function listObligations(pass: SettlingPass, profile: Profile): void {
  const roll = pass.names.obligations;
  if (pass.listed.length <= roll.length) pass.listed = new Int32Array(2 * roll.length + 1);
  pass.listed.fill(NOWHERE, 0, roll.length + 1);
  for (let i = profile.obligations.length - 1; i >= 0; i--) {
    const number = numberOf(roll, profile.obligations[i]!.obligationId);
    if (number > 0) pass.listed[number] = i;
  }
}

/** No kind has this code. */
const NOWHERE = -1_000;
