import type { ObligationKind } from '../bank/profile.ts';
import type { BankParameters } from './parameters.ts';
import type { Random } from './random.ts';
import type { HiddenState, MissCause, Traits } from './truth.ts';

/**
 * The chance that a payment is not made when due, from hidden state and traits alone. Generator and oracle share it: nothing
 * else decides a miss.
 */

/** What of an obligation bears on the chance. */
export interface PayingHabit {
  readonly kind: ObligationKind;
  /** Paid by hand: it can be forgotten. */
  readonly manual: boolean;
  /** Days between due dates. */
  readonly intervalDays: number;
}

export interface MissChances {
  /** Chance of being unpaid more than 30 days after the due date. */
  readonly long: number;
  /** Chance of being late by some days up to four weeks. */
  readonly short: number;
}

/** What is decided at a due date. */
export type Decision =
  | { readonly kind: 'on_time' }
  | {
      readonly kind: 'withheld';
      readonly cause: MissCause;
      /** Days after the due date on which all arrears are paid. */
      readonly delayDays: number;
      /** Share paid soon after the due date, 0 for none. */
      readonly partialShare: number;
    };

/** Chance that stress withholds a payment. */
export function stressChance(stress: number, traits: Traits, habit: PayingHabit, p: BankParameters): number {
  const excess = stress - traits.resilience - p.payments.kindOffset[habit.kind];
  return p.payments.stressRateMax / (1 + Math.exp(-excess / p.payments.stressSlope));
}

/** Chance that a payment is forgotten, given that stress does not withhold it. */
export function forgetChance(traits: Traits, habit: PayingHabit, p: BankParameters): number {
  return traits.forgetfulness * (habit.manual ? 1 : p.payments.lapsedShare);
}

/** The chances of both kinds of lateness, causes summed. */
export function missChances(stress: number, traits: Traits, habit: PayingHabit, p: BankParameters): MissChances {
  const withheld = stressChance(stress, traits, habit, p);
  const forget = (1 - withheld) * forgetChance(traits, habit, p);
  const long = withheld * p.payments.stressMissShare + forget * p.payments.forgetMissShare;
  return { long, short: withheld + forget - long };
}

export function decidePayment(
  state: HiddenState,
  traits: Traits,
  habit: PayingHabit,
  p: BankParameters,
  random: Random,
): Decision {
  const { payments } = p;
  if (random.chance(stressChance(state.stress, traits, habit, p))) {
    const delay = random.chance(payments.stressMissShare) ? payments.stressLongDelayDays : payments.shortDelayDays;
    const partialShare = random.chance(payments.partialShare) ? random.between(0.3, 0.7) : 0;
    return { kind: 'withheld', cause: 'stress', delayDays: random.integer(delay.low, delay.high), partialShare };
  }
  if (random.chance(forgetChance(traits, habit, p))) {
    const delay = random.chance(payments.forgetMissShare) ? payments.forgetLongDelayDays : payments.shortDelayDays;
    return {
      kind: 'withheld',
      cause: 'forgetfulness',
      delayDays: random.integer(delay.low, delay.high),
      partialShare: 0,
    };
  }
  return { kind: 'on_time' };
}
