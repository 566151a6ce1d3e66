import { Declares } from '../bank/transaction.ts';
import { weekendDays } from '../calendar/days.ts';
import { CATALOGUE, COMPOSED_COUNT, featureIndex } from './catalogue.ts';
import type { Frame } from './frame.ts';
import { KNOWS_TIME } from './records.ts';
import { latestAndUsual, missedCycles, salaryDelayDays } from './salary.ts';
import {
  clip,
  countBelow,
  dropPct,
  hourConsistency,
  ratio,
  risePct,
  standardDeviation,
  tenthPercentile,
} from './statistics.ts';
import * as counting from './tallies.ts';
import { baseline, lastWeek, recent } from './tallies.ts';

/** A constant of this module's own: the engine folds it into the code. */
const { Tally } = counting;

/**
 * The first 27 features and their composite, from a filled frame. Values are rounded to float32 where they are put. Only the
 * definitions stand here: what is counted is counted in tallies.ts and history.ts.
 */

/** Puts a value; its float32 is what is stored and what the composite is made of. Minus zero is zero. */
export function put(values: Float64Array, index: number, value: number): void {
  values[index] = Math.fround(value) + 0;
}

/** Observed dates of D-from...D-to, both days before D: those since the first entry. */
export function observedDays(frame: Frame, from: number, to: number): number {
  const first = Math.max(frame.today - from, frame.history.firstEntryDay);
  return Math.max(0, frame.today - to - first + 1);
}

/** Minor units a day over the observed part of the last 90 dates; NaN under 14 observed days. */
export function dailyOutflow(frame: Frame): number {
  const days = observedDays(frame, 89, 0);
  if (days < 14) return Number.NaN;
  return (recent(frame.tallies, Tally.outflow) + baseline(frame.tallies, Tally.outflow)) / days;
}

export function declares(frame: Frame, capability: number): boolean {
  return (frame.capabilities & capability) !== 0;
}

const at = {
  salaryDelay: featureIndex('salary_delay_days'),
  salaryDrop: featureIndex('salary_amount_drop_pct'),
  salaryMissed: featureIndex('salary_missed_cycles_90d'),
  drawdown7: featureIndex('balance_drawdown_7d_pct'),
  drawdown14: featureIndex('balance_drawdown_14d_pct'),
  drawdown30: featureIndex('balance_drawdown_30d_pct'),
  volatility: featureIndex('balance_volatility_30d'),
  belowMinimum: featureIndex('days_below_usual_minimum_30d'),
  discretionary7: featureIndex('discretionary_spend_drop_7d_pct'),
  discretionary30: featureIndex('discretionary_spend_drop_30d_pct'),
  essential: featureIndex('essential_spend_rise_30d_pct'),
  total: featureIndex('total_spend_change_30d_pct'),
  merchants: featureIndex('merchant_diversity_drop_30d_pct'),
  average: featureIndex('average_transaction_change_30d_pct'),
  weekend: featureIndex('weekend_spend_drop_30d_pct'),
  lateness: featureIndex('payment_lateness_days_30d'),
  bills: featureIndex('bill_payment_count_drop_30d'),
  failed: featureIndex('failed_debit_count_30d'),
  partial: featureIndex('partial_payment_share_90d'),
  timing: featureIndex('payment_timing_shift_days'),
  undershoot: featureIndex('payment_undershoot_pct_30d'),
  cashFrequency: featureIndex('cash_withdrawal_frequency_rise_30d'),
  cashSize: featureIndex('cash_withdrawal_size_rise_30d_pct'),
  cashShare: featureIndex('cash_share_30d'),
  frequency: featureIndex('transaction_frequency_drop_30d_pct'),
  inactive: featureIndex('inactive_days_30d'),
  hours: featureIndex('time_of_day_consistency_30d'),
} as const;

/** Fills values[0...26] from the frame. */
export function putComposed(frame: Frame, values: Float64Array): void {
  values.fill(Number.NaN, 0, COMPOSED_COUNT);
  if (declares(frame, Declares.failures)) put(values, at.failed, recent(frame.tallies, Tally.failed));
  if (frame.history.firstEntryDay > frame.today) return;
  const baselineDays = observedDays(frame, 89, 30);
  putSalary(frame, values);
  putSavings(frame, values, baselineDays);
  putSpending(frame, values, baselineDays);
  putPayments(frame, values, baselineDays);
  putCash(frame, values, baselineDays);
  putPatterns(frame, values, baselineDays);
}

function putSalary(frame: Frame, values: Float64Array): void {
  put(values, at.salaryDelay, salaryDelayDays(frame.salary, frame.today));
  const pay = latestAndUsual(frame.salary);
  if (pay !== null) put(values, at.salaryDrop, dropPct(pay.latest, pay.usual));
  put(values, at.salaryMissed, missedCycles(frame.salary, frame.today));
}

function putSavings(frame: Frame, values: Float64Array, baselineDays: number): void {
  const { closes } = frame;
  const monthly = 30 * dailyOutflow(frame);
  put(values, at.drawdown7, drawdownPct(closes, 7, monthly));
  put(values, at.drawdown14, drawdownPct(closes, 14, monthly));
  put(values, at.drawdown30, drawdownPct(closes, 30, monthly));
  put(values, at.volatility, ratio(standardDeviation(closes, 60, 90), monthly));
  if (baselineDays >= 14) put(values, at.belowMinimum, countBelow(closes, 60, 90, tenthPercentile(closes, 0, 60)));
}

/** NaN where monthly outflow is. */
function drawdownPct(closes: Float64Array, days: number, monthlyOutflow: number): number {
  const now = closes[89]!;
  const then = closes[89 - days]!;
  return clip(100 * ratio(then - now, Math.max(Math.abs(then), monthlyOutflow)), -500, 500);
}

/** The rate of B; NaN where B is unknown. */
function baselineRate(frame: Frame, tally: number, baselineDays: number): number {
  return baselineDays < 14 ? Number.NaN : baseline(frame.tallies, tally) / baselineDays;
}

function recentRate(frame: Frame, tally: number): number {
  return ratio(recent(frame.tallies, tally), observedDays(frame, 29, 0));
}

function putSpending(frame: Frame, values: Float64Array, baselineDays: number): void {
  const { tallies } = frame;
  if (declares(frame, Declares.spendingCategory)) {
    const usual = baselineRate(frame, Tally.discretionary, baselineDays);
    const week = ratio(lastWeek(tallies, Tally.discretionary), observedDays(frame, 6, 0));
    put(values, at.discretionary7, dropPct(week, usual));
    put(values, at.discretionary30, dropPct(recentRate(frame, Tally.discretionary), usual));
    const essential = recentRate(frame, Tally.essential);
    put(values, at.essential, risePct(essential, baselineRate(frame, Tally.essential, baselineDays)));
  }
  put(values, at.total, risePct(recentRate(frame, Tally.outflow), baselineRate(frame, Tally.outflow, baselineDays)));
  if (declares(frame, Declares.merchant) && baselineDays >= 60) {
    const { merchants } = tallies;
    put(values, at.merchants, dropPct(merchants[0]!, (merchants[1]! + merchants[2]!) / 2));
  }
  if (baselineDays >= 14) {
    const usual = ratio(baseline(tallies, Tally.outflow), baseline(tallies, Tally.debits));
    put(values, at.average, risePct(ratio(recent(tallies, Tally.outflow), recent(tallies, Tally.debits)), usual));
    put(values, at.weekend, weekendDrop(frame));
  }
}

/** Rates per observed Saturday and Sunday. */
function weekendDrop(frame: Frame): number {
  const { tallies, today } = frame;
  const first = frame.history.firstEntryDay;
  const recentDays = weekendDays(Math.max(today - 29, first), today);
  const usualDays = weekendDays(Math.max(today - 89, first), today - 30);
  const usual = ratio(baseline(tallies, Tally.weekend), usualDays);
  return dropPct(ratio(recent(tallies, Tally.weekend), recentDays), usual);
}

function putPayments(frame: Frame, values: Float64Array, baselineDays: number): void {
  if (declares(frame, Declares.billCategory)) {
    const expected = baselineRate(frame, Tally.bills, baselineDays) * 30;
    put(values, at.bills, expected - recent(frame.tallies, Tally.bills));
  }
  if (frame.settlement !== null) putSettled(frame, values, baselineDays);
}

function putSettled(frame: Frame, values: Float64Array, baselineDays: number): void {
  const { today } = frame;
  const { count, dueDay, paidDay, amountMinor, paidMinor } = frame.settlement!;
  let counted = 0;
  let late = 0;
  let dueMinor = 0;
  let openMinor = 0;
  let recentDues = 0;
  let recentTiming = 0;
  let baselineDues = 0;
  let baselineTiming = 0;
  let unpaid = 0;
  for (let i = 0; i < count; i++) {
    const due = dueDay[i]!;
    if (due > today) continue;
    const paid = paidDay[i]! <= today;
    const timing = Math.min(paidDay[i]!, today) - due;
    if (due >= today - 29 || !paid) {
      counted++;
      late += clip(timing, 0, 90);
      dueMinor += amountMinor[i]!;
      openMinor += amountMinor[i]! - paidMinor[i]!;
    }
    if (due < today - 89) continue;
    if (!paid) unpaid++;
    if (due >= today - 29) {
      recentDues++;
      recentTiming += clip(timing, -15, 90);
    } else {
      baselineDues++;
      baselineTiming += clip(timing, -15, 90);
    }
  }
  put(values, at.lateness, ratio(late, counted));
  put(values, at.undershoot, 100 * ratio(openMinor, dueMinor));
  put(values, at.partial, ratio(unpaid, recentDues + baselineDues));
  if (baselineDays >= 14) {
    put(values, at.timing, ratio(recentTiming, recentDues) - ratio(baselineTiming, baselineDues));
  }
}

function putCash(frame: Frame, values: Float64Array, baselineDays: number): void {
  if (!declares(frame, Declares.channel)) return;
  const { tallies } = frame;
  const expected = baselineRate(frame, Tally.withdrawals, baselineDays) * 30;
  put(values, at.cashFrequency, recent(tallies, Tally.withdrawals) - expected);
  if (baselineDays >= 14) {
    const usual = ratio(baseline(tallies, Tally.withdrawn), baseline(tallies, Tally.withdrawals));
    const size = ratio(recent(tallies, Tally.withdrawn), recent(tallies, Tally.withdrawals));
    put(values, at.cashSize, risePct(size, usual));
  }
  put(values, at.cashShare, ratio(recent(tallies, Tally.withdrawn), recent(tallies, Tally.outflow)));
}

function putPatterns(frame: Frame, values: Float64Array, baselineDays: number): void {
  const usual = baselineRate(frame, Tally.entries, baselineDays);
  put(values, at.frequency, dropPct(recentRate(frame, Tally.entries), usual));
  put(values, at.inactive, observedDays(frame, 29, 0) - recent(frame.tallies, Tally.activeDays));
  if (declares(frame, KNOWS_TIME)) put(values, at.hours, hourConsistency(frame.tallies.hours));
}

const WEIGHTS = Float64Array.from(CATALOGUE.slice(0, COMPOSED_COUNT), (feature) => feature.weight);
const ALARMS = Float64Array.from(
  CATALOGUE.slice(0, COMPOSED_COUNT),
  (feature) => feature.alarm ?? Number.POSITIVE_INFINITY,
);
const TOTAL_WEIGHT = WEIGHTS.reduce((sum, weight) => sum + weight, 0);

/** Of values[0...26]; float32, NaN under half of the total weight. */
export function stressComposite(values: Float64Array): number {
  let weighted = 0;
  let known = 0;
  for (let i = 0; i < COMPOSED_COUNT; i++) {
    if (Number.isNaN(values[i]!)) continue;
    known += WEIGHTS[i]!;
    weighted += WEIGHTS[i]! * clip(values[i]! / ALARMS[i]!, 0, 1);
  }
  return 2 * known < TOTAL_WEIGHT ? Number.NaN : Math.fround(weighted / known);
}

/** How many of values[0...26] lie at or past their alarm; NaN if none is known. */
export function anomalyCount(values: Float64Array): number {
  let known = 0;
  let count = 0;
  for (let i = 0; i < COMPOSED_COUNT; i++) {
    if (Number.isNaN(values[i]!)) continue;
    known++;
    if (values[i]! >= ALARMS[i]!) count++;
  }
  return known === 0 ? Number.NaN : count;
}
