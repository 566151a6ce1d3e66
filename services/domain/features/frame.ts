import type { Profile } from '../bank/profile.ts';
import { dayOf } from '../calendar/days.ts';
import { HORIZON_DAYS } from '../obligations/eligibility.ts';
import {
  emptySettlement,
  type PaymentList,
  type Settlement,
  settle,
  UNSEEN_PAYMENT_DAYS,
} from '../obligations/settle.ts';
import type { Fold } from './fold.ts';
import { consumeDate, createHistory, type History, NAMED_TARGET, type Reversals } from './history.ts';
import { loadHistory } from './history-state.ts';
import { DATE_SHIFT, type Names, occurredMsAt, type Records } from './records.ts';
import { emptySalaryView, prepareSalary, type SalaryView } from './salary.ts';
import { createTallies, resetTallies, type Tallies } from './tallies.ts';

/** What is known of a customer's ledger: a fold of the oldest dates, and every row since as a record. */
export interface KnownLedger {
  readonly records: Records;
  readonly names: Names;
  readonly fold: Fold;
  readonly reversals: Reversals;
}

/** All that the features are computed from at one t: the pass up to t, and what was counted over the last 90 dates. */
export interface Frame {
  readonly history: History;
  readonly tallies: Tallies;
  /** Closes of D-89...D; NaN unknown. */
  readonly closes: Float64Array;
  readonly salary: SalaryView;
  /** Null: obligations are not known. */
  settlement: Settlement | null;
  /** Room for the settlement and its payments, used again. */
  readonly settled: Settlement;
  readonly payments: Payments;
  /** D. */
  today: number;
  capabilities: number;
  /** t. */
  atMs: number;
}

interface Payments {
  count: number;
  day: Float64Array;
  amountMinor: Float64Array;
  target: Int32Array;
}

/** Dates a vector looks back, D included; stress_velocity_7d needs 7 more. */
export const LOOK_BACK_DATES = 90;

export function createFrame(): Frame {
  return {
    history: createHistory(),
    tallies: createTallies(),
    closes: new Float64Array(LOOK_BACK_DATES),
    salary: emptySalaryView(),
    settlement: null,
    settled: emptySettlement(),
    payments: { count: 0, day: new Float64Array(0), amountMinor: new Float64Array(0), target: new Int32Array(0) },
    today: 0,
    capabilities: 0,
    atMs: 0,
  };
}

export type FrameOutcome = 'ready' | 'no-row' | 'folded-away';

/**
 * Fills the frame at t. D is t's date at the offset of the latest row (by occurred time, then position) at or before t.
 * 'no-row': none is; 'folded-away': the fold reaches into the last 90 dates of t, or left out what t still counts.
 */
export function fillFrame(frame: Frame, ledger: KnownLedger, profile: Profile | null, atMs: number): FrameOutcome {
  const { records, names, fold } = ledger;
  const offset = latestOffset(ledger, atMs);
  if (offset === null) return 'no-row';
  const today = dayOf(atMs, offset);
  if (today - LOOK_BACK_DATES + 1 < fold.boundaryDay || atMs < fold.validFromMs) return 'folded-away';
  frame.today = today;
  frame.atMs = atMs;
  loadHistory(frame.history, fold.state, names);
  resetTallies(frame.tallies, names.parties.length);
  passOver(frame, records, names, ledger.reversals);
  frame.capabilities = frame.tallies.rows > 0 ? frame.tallies.capabilities : frame.history.latestCapabilities;
  prepare(frame, names, profile);
  return 'ready';
}

/** Offset of the latest row at or before t; null: there is none. Records lie in date order, and offsets move a date by two at most. */
function latestOffset(ledger: KnownLedger, atMs: number): number | null {
  const { records, names, fold } = ledger;
  const folded = fold.rows > 0 && fold.state[0]! <= atMs;
  let latestMs = folded ? fold.state[0]! : Number.NEGATIVE_INFINITY;
  let latestPosition = folded ? fold.state[1]! : 0;
  let offset = folded ? fold.state[2]! : null;
  let latestDay = Number.NEGATIVE_INFINITY;
  for (let i = records.count - 1; i >= 0; i--) {
    const day = records.u32[8 * i + 4]! >>> DATE_SHIFT;
    if (day < latestDay - 2) break;
    const occurredMs = occurredMsAt(records, names, i);
    if (occurredMs > atMs || occurredMs < latestMs) continue;
    const position = records.u32[8 * i + 6]!;
    if (occurredMs === latestMs && position < latestPosition) continue;
    latestMs = occurredMs;
    latestPosition = position;
    latestDay = Math.max(latestDay, day);
    offset = names.contexts[4 * records.u16[16 * i + 15]! + 2]!;
  }
  return offset;
}

function passOver(frame: Frame, records: Records, names: Names, reversals: Reversals): void {
  const { history, closes, today } = frame;
  const firstDay = today - LOOK_BACK_DATES + 1;
  const { u32 } = records;
  let filled = 0;
  let from = 0;
  while (from < records.count) {
    const day = u32[8 * from + 4]! >>> DATE_SHIFT;
    if (day > today) break;
    let to = from + 1;
    while (to < records.count && u32[8 * to + 4]! >>> DATE_SHIFT === day) to++;
    const seen = day >= firstDay;
    while (seen && filled < day - firstDay) closes[filled++] = history.balanceMinor;
    consumeDate(
      history,
      records,
      names,
      reversals,
      from,
      to,
      day,
      frame.atMs,
      seen ? frame.tallies : null,
      today - day,
    );
    from = to;
  }
  while (filled < LOOK_BACK_DATES) closes[filled++] = history.balanceMinor;
}

function prepare(frame: Frame, names: Names, profile: Profile | null): void {
  const { history, today } = frame;
  frame.settlement = null;
  frame.salary.known = false;
  if (history.firstEntryDay === Number.POSITIVE_INFINITY) return;
  const dayOfMonth = profile?.salaryDayOfMonth ?? null;
  prepareSalary(frame.salary, history.cycle, history.credits, dayOfMonth, history.firstEntryDay, today);
  if (profile === null || !profile.obligationsDeclared) return;
  const payments = addressed(frame.payments, history, names, profile);
  const from = history.firstEntryDay + UNSEEN_PAYMENT_DAYS;
  frame.settlement = settle(profile.obligations, payments, from, today + HORIZON_DAYS, frame.settled);
}

/** The payments of the pass, addressed to the profile's obligations. A name that the profile does not list goes nowhere. */
function addressed(payments: Payments, history: History, names: Names, profile: Profile): PaymentList {
  if (payments.target.length < history.paymentCount) payments.target = new Int32Array(history.paymentDay.length);
  payments.count = history.paymentCount;
  payments.day = history.paymentDay;
  payments.amountMinor = history.paymentMinor;
  for (let i = 0; i < payments.count; i++) {
    const named = history.paymentTarget[i]! - NAMED_TARGET;
    payments.target[i] =
      named < 0 ? -1 - history.paymentTarget[i]! : obligationNamed(names.obligations[named]!, profile);
  }
  return payments;
}

function obligationNamed(name: string, profile: Profile): number {
  for (let i = 0; i < profile.obligations.length; i++) if (profile.obligations[i]!.obligationId === name) return i;
  return NOWHERE;
}

/** No kind has this code. */
const NOWHERE = -1_000;
