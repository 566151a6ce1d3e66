import type { ObligationKind } from '../bank/profile.ts';

/** What is hidden from the engine: only evaluation may read it. */

export type PayCycle = 'monthly' | 'fortnightly' | 'weekly' | 'irregular';
export type Group = 'A' | 'B';
export type LifeEventKind = 'job_loss' | 'income_cut' | 'illness' | 'divorce' | 'over_leverage' | 'gambling';

export const LIFE_EVENT_KINDS: readonly LifeEventKind[] = [
  'job_loss',
  'income_cut',
  'illness',
  'divorce',
  'over_leverage',
  'gambling',
];

/** What a customer is like, fixed for life. Together with {@link HiddenState} it decides the chance of every missed payment. */
export interface Traits {
  readonly zone: { readonly name: string; readonly standardMinutes: number };
  /** The first day with the bank. */
  readonly joinDay: number;
  /** The last day with the bank; infinite if never left. */
  readonly closeDay: number;
  /** Net, a month. */
  readonly incomeMinor: number;
  readonly payCycle: PayCycle;
  /** Day of the month of monthly pay (1-31), else an anchor day for the gap. */
  readonly payDay: number;
  /** Current-account balance aimed at, months of income. */
  readonly bufferMonths: number;
  readonly savingsMonths: number;
  readonly hasSavings: boolean;
  readonly overdraftLimitMinor: number;
  /** Stress at which payments begin to fail. */
  readonly resilience: number;
  /** Chance that a payment made by hand is forgotten. */
  readonly forgetfulness: number;
  readonly forgetful: boolean;
  /** Chance that a payment made by hand comes some days late, for no other reason than habit. */
  readonly slips: number;
  /** Multiplies the rates of all life events. */
  readonly proneness: number;
  /** Share of disposable income that is spent. */
  readonly propensity: number;
  readonly activity: number;
  readonly cashTaste: number;
  readonly gamblesForFun: boolean;
  /** How much of each symptom this person shows under stress; 1 on average. */
  readonly shows: {
    readonly discretionary: number;
    readonly cash: number;
    readonly variety: number;
    readonly lateness: number;
    readonly borrowing: number;
    readonly hours: number;
  };
  /** Typical hour of spending, local. */
  readonly hour: number;
  readonly weekendTaste: number;
  /** Usual level of stress without any event. */
  readonly everydayStress: number;
  /** Stands for a protected attribute: in no profile, row or feature; kept apart to test fairness. */
  readonly group: Group;
}

/** A life event as it unfolds: intensity rises over the ramp, stays, and declines as the customer recovers. */
export interface LifeEvent {
  readonly kind: LifeEventKind;
  readonly startDay: number;
  /** Multiplies its effects. */
  readonly severity: number;
  readonly rampDays: number;
  readonly plateauDays: number;
  readonly recoveryDays: number;
}

/** What changes and is not seen. Markov in this, given the traits: the future depends on nothing older. */
export interface HiddenState {
  readonly day: number;
  /** From 0; events pull it up to about 1.5. */
  readonly stress: number;
  /** Events not yet over. */
  readonly events: readonly LifeEvent[];
}

export type MissCause = 'stress' | 'forgetfulness';

/** What became of one payment that fell due. */
export interface DueOutcome {
  readonly obligationId: string;
  readonly kind: ObligationKind;
  readonly dueDay: number;
  /** Day of the row that completed it; null: not by the end of the data. */
  readonly paidDay: number | null;
  /** Why it was not paid when due; null: it was (or only the balance was short for some days). */
  readonly cause: MissCause | null;
}

/** How an agreement is paid; with the hidden state it gives the chance of a miss at each of its due dates. */
export interface AgreementHabit {
  readonly obligationId: string;
  readonly kind: ObligationKind;
  /** Paid by hand: it can be forgotten. */
  readonly manual: boolean;
  readonly intervalDays: number;
  /** Decided so many days before the due date. */
  readonly leadDays: number;
}

/** A time in which an agreement is not paid, decided at one of its due dates. What falls due meanwhile is paid at its end. */
export interface Withholding {
  readonly obligationId: string;
  readonly dueDay: number;
  readonly decidedDay: number;
  /** All arrears are paid on this day. */
  readonly untilDay: number;
  readonly cause: MissCause;
}

/** An event or its turn to the better, dated. */
export interface DatedEvent {
  readonly kind: LifeEventKind | 'recovery';
  readonly day: number;
  readonly severity: number;
  /** Position of the event among the customer's events, from 0; a recovery names what it is from. */
  readonly ordinal: number;
}

export interface Truth {
  readonly traits: Traits;
  /** State at the end of the first day of every calendar month with the bank, in order. */
  readonly months: readonly HiddenState[];
  readonly events: readonly DatedEvent[];
  readonly dues: readonly DueOutcome[];
  readonly habits: readonly AgreementHabit[];
  readonly withholdings: readonly Withholding[];
}
