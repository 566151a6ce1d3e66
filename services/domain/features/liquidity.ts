import { Declares } from '../bank/transaction.ts';
import { firstDayOfMonth, monthOf } from '../calendar/days.ts';
import { featureIndex } from './catalogue.ts';
import type { Frame, KnownLedger } from './frame.ts';
import { type History, reversedAtMs } from './history.ts';
import {
  AMOUNT,
  amountAt,
  balanceAt,
  DEBIT,
  FAILED,
  firstDated,
  flagsAt,
  KNOWS_BALANCE,
  NARROW,
  OWN_TRANSFER,
  occurredMsAt,
  positionAt,
  REVERSAL,
  REVERSED,
} from './records.ts';
import { expectedMinor } from './salary.ts';
import { clip, ratio } from './statistics.ts';
import * as counting from './tallies.ts';
import { baseline, recent } from './tallies.ts';
import { dailyOutflow, declares, put } from './vector.ts';

/** A constant of this module's own: the engine folds it into the code. */
const { Tally } = counting;

const at = {
  balanceNow: featureIndex('balance_now'),
  meanBalance: featureIndex('mean_balance_90d'),
  lowest30: featureIndex('lowest_balance_30d'),
  lowest90: featureIndex('lowest_balance_90d'),
  lowestHistory: featureIndex('lowest_balance_history'),
  nowInDays: featureIndex('balance_in_outflow_days'),
  lowest90InDays: featureIndex('lowest_90d_in_outflow_days'),
  lowestHistoryInDays: featureIndex('lowest_history_in_outflow_days'),
  negativeDays: featureIndex('negative_balance_days_90d'),
  charges: featureIndex('overdraft_charge_count_90d'),
  cover: featureIndex('obligation_cover_30d'),
  inflowRatio: featureIndex('inflow_outflow_ratio_90d'),
  incomeLevel: featureIndex('income_level'),
  incomeVariability: featureIndex('income_variability'),
  drain: featureIndex('drain_mean'),
  cycleKnown: featureIndex('salary_cycle_known'),
  historyDays: featureIndex('history_days'),
} as const;

/** Fills the liquidity group of the vector. `moneyUnit` in minor units; NaN: the currency has none. */
export function putLiquidity(frame: Frame, ledger: KnownLedger, moneyUnit: number, values: Float64Array): void {
  values.fill(Number.NaN, at.balanceNow, at.historyDays + 1);
  putLevels(frame, moneyUnit, values);
  const { tallies, history, today } = frame;
  if (declares(frame, Declares.overdraftCharges)) {
    put(values, at.charges, recent(tallies, Tally.charges) + baseline(tallies, Tally.charges));
  }
  if (history.firstEntryDay > today) return;
  const outflow = recent(tallies, Tally.outflow) + baseline(tallies, Tally.outflow);
  put(values, at.inflowRatio, ratio(recent(tallies, Tally.inflow) + baseline(tallies, Tally.inflow), outflow));
  putIncome(frame, ledger, moneyUnit, values);
  put(values, at.cover, obligationCover(frame));
  put(values, at.cycleKnown, frame.salary.known ? 1 : 0);
  put(values, at.historyDays, Math.min(730, today - history.firstEntryDay));
}

/** One loop over the closes of D-89...D, of which the last thirty are R's. */
function putLevels(frame: Frame, moneyUnit: number, values: Float64Array): void {
  const { closes, history } = frame;
  let known = 0;
  let sum = 0;
  let lowest90 = Number.NaN;
  let lowest30 = Number.NaN;
  let negative = 0;
  for (let i = 0; i < 90; i++) {
    const close = closes[i]!;
    if (Number.isNaN(close)) continue;
    known++;
    sum += close;
    if (close < 0) negative++;
    if (!(close >= lowest90)) lowest90 = close;
    if (i >= 60 && !(close >= lowest30)) lowest30 = close;
  }
  const daily = dailyOutflow(frame);
  const now = closes[89]!;
  const lowestEver = history.lowestMinor === Number.POSITIVE_INFINITY ? Number.NaN : history.lowestMinor;
  put(values, at.balanceNow, now / moneyUnit);
  put(values, at.meanBalance, ratio(sum, known) / moneyUnit);
  put(values, at.lowest30, lowest30 / moneyUnit);
  put(values, at.lowest90, lowest90 / moneyUnit);
  put(values, at.lowestHistory, lowestEver / moneyUnit);
  put(values, at.nowInDays, ratio(now, daily));
  put(values, at.lowest90InDays, ratio(lowest90, daily));
  put(values, at.lowestHistoryInDays, ratio(lowestEver, daily));
  put(values, at.negativeDays, known === 0 ? Number.NaN : negative);
}

/** Credits by whole calendar month: the up to 12 before D's month that begin at or after the first entry. */
function putIncome(frame: Frame, ledger: KnownLedger, moneyUnit: number, values: Float64Array): void {
  const { from, end, monthly } = incomeOf(frame);
  if (!(monthly > 0)) return;
  let squares = 0;
  for (let month = from; month < end; month++) squares += (inflowOf(frame.history, month) - monthly) ** 2;
  put(values, at.incomeLevel, Math.log10(monthly / moneyUnit));
  put(values, at.incomeVariability, Math.sqrt(squares / (end - from)) / monthly);
  put(values, at.drain, drainMean(frame, ledger, monthly));
}

/** The months [from, end) that income is taken over, and their mean credits in minor units; NaN where there are none. */
export function incomeOf({ history, today }: Frame): { from: number; end: number; monthly: number } {
  const end = monthOf(today);
  let from = Math.max(end - 12, monthOf(history.firstEntryDay));
  if (firstDayOfMonth(from) < history.firstEntryDay) from++;
  let sum = 0;
  for (let month = from; month < end; month++) sum += inflowOf(history, month);
  return { from, end, monthly: sum / (end - from) };
}

function inflowOf(history: History, month: number): number {
  const slot = month & 15;
  return history.months[slot] === month ? history.inflow[slot]! : 0;
}

/**
 * Mean of amount / (balance after + amount), clipped to [0, 1], over debits of the last 90 dates above 2 % of monthly income
 * whose balance is given; 1 where there was nothing to take it from.
 */
function drainMean(frame: Frame, ledger: KnownLedger, monthlyIncome: number): number {
  const { records, names, reversals } = ledger;
  const { words, stride } = records;
  let sum = 0;
  let count = 0;
  const end = firstDated(records, frame.today + 1);
  for (let i = firstDated(records, frame.today - 89); i < end; i++) {
    const amount = stride === NARROW ? words[stride * i + AMOUNT]! : amountAt(records, i);
    if (50 * amount <= monthlyIncome) continue;
    const flags = flagsAt(records, i);
    if ((flags & (DEBIT | KNOWS_BALANCE)) !== (DEBIT | KNOWS_BALANCE)) continue;
    if ((flags & (FAILED | REVERSAL | OWN_TRANSFER)) !== 0 || occurredMsAt(records, names, i) > frame.atMs) continue;
    if ((flags & REVERSED) !== 0 && reversedAtMs(reversals, positionAt(records, i)) <= frame.atMs) continue;
    const balance = balanceAt(records, i);
    sum += balance + amount <= 0 ? 1 : clip(amount / (balance + amount), 0, 1);
    count++;
  }
  return ratio(sum, count);
}

/** (balance + salary expected in the next 30 days) / what is left to pay of the dues in them. */
function obligationCover(frame: Frame): number {
  const { settlement, today } = frame;
  if (settlement === null) return Number.NaN;
  let leftMinor = 0;
  for (let i = 0; i < settlement.count; i++) {
    const due = settlement.dueDay[i]!;
    if (due > today && due <= today + 30) leftMinor += settlement.amountMinor[i]! - settlement.paidMinor[i]!;
  }
  return ratio(frame.closes[89]! + expectedMinor(frame.salary, today, 30), leftMinor);
}
