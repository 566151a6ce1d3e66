import type { Profile } from '../bank/profile.ts';
import { DAY_MS } from '../calendar/days.ts';
import { nextWorkday, utcOffsetMinutes } from './calendar.ts';
import { initialHidden, nextHidden } from './hidden.ts';
import { createFutures, type Futures } from './hidden-futures.ts';
import { LABEL } from './measure.ts';
import { dueDayOf } from './obligations.ts';
import type { BankParameters } from './parameters.ts';
import { missChances } from './payment-chance.ts';
import { childKey, type Key, randomOf } from './random.ts';
import type { AgreementHabit, HiddenState, Traits, Truth, Withholding } from './truth.ts';

/**
 * The oracle of the forward label: P(Y = 1 | all that is hidden at t), the best that any model of this bank could say. Traits,
 * hidden state, agreements and what is decided already are given; events to come and the noise of stress are integrated out by
 * continuations of the hidden process, and along each the draws of all payments exactly. Its stream is named by customer and day
 * and is no stream of the generator's, so that nothing of the real future is in it.
 *
 * Exact but for the continuations: a row's standard error is below 0.5 / sqrt(continuations), and much smaller where little is
 * left to the events to come.
 */

/** The least; fewer are for exploring. */
export const ORACLE_CONTINUATIONS = 4096;

export interface OracleRequest {
  readonly truth: Pick<Truth, 'traits' | 'habits' | 'withholdings'>;
  /** State at the end of the day of t, whose decisions are made. */
  readonly hidden: HiddenState;
  /** The profile known at t: its dues are what the label judges. */
  readonly profile: Profile;
  /** Names the customer's streams. */
  readonly key: Key;
  readonly continuations: number;
}

/** The dues of one agreement that the label judges and that are still to be decided. */
export interface OpenDues {
  readonly habit: AgreementHabit;
  /** Days after t's on which each is decided, rising, from 1. */
  readonly decided: Int32Array;
  /** 1 where a withholding for long makes it a miss; 0 where the account closes within the grace. */
  readonly counts: Uint8Array;
  /** [due][next]: share of the short delays after which `next` is the first due that is decided again. */
  readonly resumes: readonly Float64Array[];
}

/** @returns the chance that the label is 1, 0-1; of a customer with nothing to be judged it is 0 */
export function oracleAt(p: BankParameters, request: OracleRequest): number {
  const { truth, hidden, profile, key, continuations } = request;
  const open: OpenDues[] = [];
  for (const obligation of profile.obligations) {
    const habit = truth.habits.find((one) => one.obligationId === obligation.obligationId);
    if (habit === undefined) continue;
    const dueDays: number[] = [];
    for (let n = 0; ; n++) {
      const dueDay = dueDayOf(obligation, n);
      if (dueDay === null || dueDay > hidden.day + LABEL.horizonDays) break;
      if (dueDay > hidden.day) dueDays.push(dueDay);
    }
    if (dueDays.length === 0) continue;
    const standing = standingAt(truth.withholdings, habit, hidden.day);
    if (standing !== null && dueDays.some((dueDay) => isMissedUntil(standing, dueDay, habit, truth.traits))) return 1;
    const left = dueDays.filter((dueDay) => dueDay - habit.leadDays > hidden.day && !isHeld(standing, dueDay, habit));
    if (left.length > 0) open.push(openDues(p, habit, truth.traits, hidden.day, left));
  }
  if (open.length === 0) return 0;
  const futures = createFutures(p, truth.traits, hidden, randomOf(childKey(childKey(key, 'oracle'), hidden.day)));
  return 1 - chanceOfNone(p, truth.traits, open, futures, continuations);
}

/** What is withheld of an agreement at the end of a day; null: nothing. */
function standingAt(withholdings: readonly Withholding[], habit: AgreementHabit, day: number): Withholding | null {
  let standing: Withholding | null = null;
  for (const one of withholdings) {
    if (one.obligationId === habit.obligationId && one.decidedDay <= day && one.untilDay > day) standing = one;
  }
  return standing;
}

/** Whether a due is left unpaid by a withholding that stands: it is decided before that ends. */
function isHeld(standing: Withholding | null, dueDay: number, habit: AgreementHabit): boolean {
  return standing !== null && (dueDay === standing.dueDay || dueDay - habit.leadDays < standing.untilDay);
}

function isMissedUntil(standing: Withholding, dueDay: number, habit: AgreementHabit, traits: Traits): boolean {
  if (dueDay < standing.dueDay || !isHeld(standing, dueDay, habit)) return false;
  return Math.min(standing.untilDay, traits.closeDay) - dueDay > LABEL.graceDays;
}

function openDues(
  p: BankParameters,
  habit: AgreementHabit,
  traits: Traits,
  day: number,
  dueDays: readonly number[],
): OpenDues {
  const { low, high } = p.payments.shortDelayDays;
  const resumes = dueDays.map((dueDay, j) => {
    const weights = new Float64Array(dueDays.length + 1);
    for (let delay = low; delay <= high; delay++) {
      const untilDay = nextWorkday(dueDay + delay);
      let next = j + 1;
      while (next < dueDays.length && (dueDays[next] as number) - habit.leadDays < untilDay) next++;
      weights[next] = (weights[next] as number) + 1 / (high - low + 1);
    }
    return weights;
  });
  return {
    habit,
    decided: Int32Array.from(dueDays, (dueDay) => dueDay - habit.leadDays - day),
    counts: Uint8Array.from(dueDays, (dueDay) => (traits.closeDay - dueDay > LABEL.graceDays ? 1 : 0)),
    resumes,
  };
}

/** Mean over the continuations of the chance that nothing is missed; along one, agreements are independent. */
function chanceOfNone(
  p: BankParameters,
  traits: Traits,
  open: readonly OpenDues[],
  futures: Futures,
  continuations: number,
): number {
  const last = open.reduce((most, { decided }) => Math.max(most, decided[decided.length - 1] as number), 0);
  const none = new Float64Array(LABEL.horizonDays + 2);
  let sum = 0;
  for (let i = 0; i < continuations; i++) {
    const path = futures.next(last);
    let product = 1;
    for (const dues of open) product *= noneAlong(p, traits, dues, path, none);
    sum += product;
  }
  return sum / continuations;
}

/** From the last due back: none is missed from here on. `none` is room of at least one more than there are dues. */
function noneAlong(
  p: BankParameters,
  traits: Traits,
  { habit, decided, counts, resumes }: OpenDues,
  path: Float64Array,
  none: Float64Array,
): number {
  const n = decided.length;
  none[n] = 1;
  for (let j = n - 1; j >= 0; j--) {
    const { long, short } = missChances(path[decided[j] as number] as number, traits, habit, p);
    const after = resumes[j] as Float64Array;
    let resumed = 0;
    for (let next = j + 1; next <= n; next++) resumed += (after[next] as number) * (none[next] as number);
    const kept = counts[j] === 1 ? 0 : 1;
    none[j] = (1 - long - short) * (none[j + 1] as number) + short * resumed + long * kept;
  }
  return none[0] as number;
}

export interface CustomerOracle {
  /** The oracle of the customer's label at a moment. Moments must not go back by a day. NaN: not a customer then. */
  at(profile: Profile | null, atMs: number): number;
}

/** An oracle that walks along one customer's life. @param key `customerKey(seed, index)` of the customer's bank and place in it */
export function createOracle(
  p: BankParameters,
  truth: Truth,
  key: Key,
  continuations: number = ORACLE_CONTINUATIONS,
): CustomerOracle {
  const stream = childKey(key, 'hidden');
  let hidden = initialHidden(truth.traits);
  return {
    at(profile, atMs) {
      const { zone, closeDay } = truth.traits;
      const offsetMs = utcOffsetMinutes(zone.standardMinutes, Math.floor(atMs / DAY_MS)) * 60_000;
      const day = Math.floor((atMs + offsetMs) / DAY_MS);
      while (hidden.day < day) hidden = nextHidden(hidden, truth.traits, p, randomOf(childKey(stream, hidden.day + 1)));
      if (profile === null || hidden.day !== day || day < truth.traits.joinDay || day >= closeDay) return Number.NaN;
      return oracleAt(p, { truth, hidden, profile, key, continuations });
    },
  };
}
