import type { Consent, Obligation, Profile, Standing } from '../bank/profile.ts';
import type { Category, Channel, Direction, LedgerRow } from '../bank/transaction.ts';
import { DAY_MS } from '../calendar/days.ts';
import { utcOffsetMinutes } from './calendar.ts';
import { intensityOf } from './hidden.ts';
import type { BankParameters } from './parameters.ts';
import type { PayingHabit } from './payment-chance.ts';
import { childKey, hexOf, type Key, type Random, randomOf } from './random.ts';
import type { DueOutcome, HiddenState, LifeEvent, MissCause, Traits, Withholding } from './truth.ts';

/**
 * The running state of one customer while their history is made, day by day. Mutable, and never shared: the modules beside
 * this one each move one part of it. Every draw comes from a stream named by purpose and day.
 */
export interface Life {
  readonly p: BankParameters;
  readonly key: Key;
  readonly customerId: string;
  readonly traits: Traits;
  day: number;
  hidden: HiddenState;
  readonly current: Account;
  readonly savings: Account | null;
  readonly obligations: LiveObligation[];
  /** Drafts not yet booked, by booking day. */
  readonly pending: Map<number, Draft[]>;
  readonly rows: LedgerRow[];
  readonly dues: DueOutcome[];
  readonly withholdings: Withholding[];
  readonly seenEvents: LifeEvent[];
  readonly profiles: Profile[];
  profile: ProfileFacts;
  readonly income: IncomeState;
  readonly wallet: Wallet;
  /** Streams below the customer's key, by name. */
  readonly streams: Map<string, Key>;
}

export interface Account {
  readonly accountId: string;
  balanceMinor: number;
  /** Sum of negative closes since the last charge, minor units times days. */
  overdrawnMinorDays: number;
}

export interface LiveObligation {
  obligation: Obligation;
  readonly habit: PayingHabit;
  readonly method: 'direct_debit' | 'standing_order' | 'manual';
  /** Names its obligation on the rows that pay it; else only the category tells. */
  named: boolean;
  /** A standing order runs so many days before the due date. */
  readonly leadDays: number;
  readonly payeeId: string;
  /** How many due dates have been decided. */
  decided: number;
  withheld: { readonly untilDay: number; readonly cause: MissCause } | null;
  readonly arrears: { readonly dueDay: number; paidMinor: number; readonly cause: MissCause }[];
  readonly planned: PlannedPayment[];
}

export interface PlannedPayment {
  readonly day: number;
  readonly dueDay: number;
  readonly amountMinor: number;
  readonly attempts: number;
  /** Money is found for it if the balance is short. */
  readonly sure: boolean;
  readonly cause: MissCause | null;
  /** True: part of the amount due, the rest stays unpaid. */
  readonly partial: boolean;
}

export interface ProfileFacts {
  readonly timeZone: string | null;
  readonly consents: readonly Consent[];
  readonly salaryDayOfMonth: number | null;
  readonly standing: Standing;
}

export interface IncomeState {
  /** Which employer pays; a change of job raises it. */
  payer: number;
  /** No pay before this day, for a harmless reason. */
  gapUntilDay: number;
  /** Reduced pay before this day, for a harmless reason. */
  leaveUntilDay: number;
  /** Pay under way: day and full amount. */
  readonly late: { day: number; amountMinor: number }[];
  /** Smoothed income, minor units a month. */
  usualMinor: number;
}

/** Where this customer spends. */
export interface Wallet {
  readonly merchants: Readonly<Record<string, readonly string[]>>;
  tripUntilDay: number;
  /** What a mood makes of a category's rate, 1 on average, and the period it lasts. */
  readonly moods: Map<string, { period: number; factor: number }>;
}

/** A transaction about to happen. */
export interface Draft {
  readonly account: Account;
  /** Local second of the day on which it happens. */
  readonly second: number;
  readonly direction: Direction;
  readonly amountMinor: number;
  readonly channel: Channel;
  readonly category: Category;
  readonly merchantId?: string;
  readonly counterpartyId?: string;
  readonly reverses?: string;
  readonly own?: Account;
  /** Booked so many days later; 0 or absent at once. */
  readonly bookAfterDays?: number;
  /** Set when it waits to be booked. */
  readonly occurred?: { readonly day: number; readonly second: number };
  /** Turned down whatever the balance: a card limit is used up. */
  readonly refused?: boolean;
  /** What happens when the money does not suffice; absent: it is booked all the same. */
  readonly ifShort?: 'drop' | 'show' | 'payment';
  readonly pays?: { readonly of: LiveObligation; readonly plan: PlannedPayment };
}

/** The stream of a purpose on the current day. */
export function today(life: Life, purpose: string): Random {
  return randomOf(childKey(streamOf(life, purpose), life.day));
}

/** An opaque id of this customer's. */
export function ownId(life: Life, kind: string, ordinal: number): string {
  return hexOf(childKey(streamOf(life, kind), ordinal), 16);
}

function streamOf(life: Life, name: string): Key {
  const known = life.streams.get(name);
  if (known !== undefined) return known;
  const key = childKey(life.key, name);
  life.streams.set(name, key);
  return key;
}

/** Milliseconds since the epoch of a local second on a day. */
export function momentOf(traits: Traits, day: number, second: number): number {
  return day * DAY_MS + second * 1000 - utcOffsetMinutes(traits.zone.standardMinutes, day) * 60_000;
}

/** How much is wrong in a customer's life today, all events together; payments feel it only when reserves are used up. */
export function strain(life: Life): number {
  let sum = 0;
  for (const event of life.hidden.events) sum += event.severity * intensityOf(event, life.day);
  return sum;
}

/** What obligations in force ask a month, on average. */
export function monthlyDuesMinor(life: Life): number {
  return life.obligations.reduce((sum, { obligation, habit }) => {
    const over = obligation.lastDueDay !== null && obligation.lastDueDay < life.day;
    return over ? sum : sum + (obligation.amountMinor * 30.4) / habit.intervalDays;
  }, 0);
}

/** Appends a profile version that holds from the start of the current day. */
export function recordProfile(life: Life): void {
  life.profiles.push({
    customerId: life.customerId,
    version: life.profiles.length + 1,
    effectiveMs: momentOf(life.traits, life.day, 0),
    timeZone: life.profile.timeZone,
    consents: life.profile.consents,
    obligations: life.obligations.map(({ obligation }) => obligation),
    obligationsDeclared: true,
    salaryDayOfMonth: life.profile.salaryDayOfMonth,
    standing: life.profile.standing,
    mode: 'replay',
  });
}
