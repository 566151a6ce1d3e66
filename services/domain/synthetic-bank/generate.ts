import type { Profile } from '../bank/profile.ts';
import type { LedgerRow } from '../bank/transaction.ts';
import { bookDay } from './booking.ts';
import { addMonths, civilOf } from './calendar.ts';
import { initialHidden, nextHidden, recoveryDayOf } from './hidden.ts';
import { earnToday } from './income.ts';
import { type Account, type Life, recordProfile, today } from './life.ts';
import { openingObligations, payToday } from './obligations.ts';
import type { BankParameters } from './parameters.ts';
import { childKey, hexOf, type Key, randomOf, rootKey } from './random.ts';
import { changesToday, noteEvents, openingFacts } from './relationship.ts';
import { openWallet, spendToday } from './spending.ts';
import { drawTraits, startDayOf } from './traits.ts';
import type { AgreementHabit, DatedEvent, HiddenState, LifeEvent, Traits, Truth } from './truth.ts';
import { closeDay, upkeepToday } from './upkeep.ts';

/** One customer of a synthetic bank: what the bank would tell, and what it does not know. */
export interface SyntheticCustomer {
  readonly customerId: string;
  /** Versions in order, each with its effective time; none if the customer joins only after the data end. */
  readonly profiles: readonly Profile[];
  /** In booking order: non-decreasing bookedMs, all before the end of the data. */
  readonly rows: readonly LedgerRow[];
  readonly truth: Truth;
}

/** What names a customer: the same call makes the same bytes, on any day and whatever other customers are made. */
export interface CustomerRequest {
  readonly seed: number;
  /** From 0. */
  readonly index: number;
  /** Calendar months of data, from the parameters' start date. */
  readonly months: number;
}

/** First day after the data. */
export function endDayOf(p: BankParameters, months: number): number {
  return addMonths(startDayOf(p), months);
}

export function customerKey(seed: number, index: number): Key {
  return childKey(childKey(rootKey(seed), 'customer'), index);
}

/** Makes one customer. Fewer months give a prefix of more months. */
export function generateCustomer(p: BankParameters, { seed, index, months }: CustomerRequest): SyntheticCustomer {
  const life = begin(p, seed, index);
  const end = Math.min(endDayOf(p, months), life.traits.closeDay + 1);
  const monthly: HiddenState[] = [];
  for (life.day = life.traits.joinDay; life.day < end; life.day++) {
    liveToday(life);
    if (civilOf(life.day).day === 1 || life.day === life.traits.joinDay) monthly.push(life.hidden);
  }
  return {
    customerId: life.customerId,
    profiles: life.traits.joinDay < end ? life.profiles : [],
    rows: life.rows,
    truth: {
      traits: life.traits,
      months: monthly,
      events: datedEvents(life.seenEvents, end),
      dues: allDues(life),
      habits: habitsOf(life),
      withholdings: life.withholdings,
    },
  };
}

/** The hidden state at the end of a day, for an oracle: the same that the customer's history was made from. */
export function hiddenAt(p: BankParameters, traits: Traits, key: Key, day: number): HiddenState {
  let hidden = initialHidden(traits);
  const stream = childKey(key, 'hidden');
  while (hidden.day < day) hidden = nextHidden(hidden, traits, p, randomOf(childKey(stream, hidden.day + 1)));
  return hidden;
}

function liveToday(life: Life): void {
  life.hidden = nextHidden(life.hidden, life.traits, life.p, today(life, 'hidden'));
  noteEvents(life);
  const lent = changesToday(life);
  const drafts = [...lent, ...earnToday(life), ...payToday(life), ...spendToday(life), ...upkeepToday(life)];
  bookDay(life, drafts, today(life, 'booking'));
  closeDay(life);
}

function begin(p: BankParameters, seed: number, index: number): Life {
  const key = customerKey(seed, index);
  const traits = drawTraits(key, p);
  const random = randomOf(childKey(key, 'opening'));
  const account = (name: string, balance: number): Account => ({
    accountId: hexOf(childKey(key, name), 14),
    balanceMinor: Math.round(balance),
    overdrawnMinorDays: 0,
  });
  const usual = traits.incomeMinor * traits.bufferMonths;
  const life: Life = {
    p,
    key,
    customerId: hexOf(childKey(key, 'id'), 16),
    traits,
    day: traits.joinDay,
    hidden: initialHidden(traits),
    current: account('current', usual * random.spread(0.3) + traits.incomeMinor * random.between(0.1, 0.6)),
    savings: traits.hasSavings ? account('savings', traits.incomeMinor * traits.savingsMonths) : null,
    obligations: [],
    pending: new Map(),
    rows: [],
    dues: [],
    withholdings: [],
    seenEvents: [],
    profiles: [],
    profile: openingFacts(key, traits, p),
    income: { payer: 0, gapUntilDay: 0, leaveUntilDay: 0, late: [], usualMinor: traits.incomeMinor },
    streams: new Map(),
    wallet: openWallet(key, childKey(rootKey(seed), 'town')),
  };
  openingObligations(life);
  recordProfile(life);
  return life;
}

function datedEvents(events: readonly LifeEvent[], end: number): DatedEvent[] {
  return events.flatMap((event, ordinal) => {
    const { kind, startDay, severity } = event;
    const recovery = { kind: 'recovery', day: recoveryDayOf(event), severity, ordinal } as const;
    return [{ kind, day: startDay, severity, ordinal }, ...(recovery.day < end ? [recovery] : [])];
  });
}

function habitsOf(life: Life): AgreementHabit[] {
  return life.obligations.map(({ obligation: { obligationId }, habit, leadDays }) => ({
    obligationId,
    kind: habit.kind,
    manual: habit.manual,
    intervalDays: habit.intervalDays,
    leadDays,
  }));
}

/** Everything that fell due, paid or not, in order of the due date. */
function allDues(life: Life): Truth['dues'] {
  const open = life.obligations.flatMap(({ obligation: { obligationId, kind }, arrears, planned }) => [
    ...arrears.map(({ dueDay, cause }) => ({ obligationId, kind, dueDay, paidDay: null, cause })),
    ...planned
      .filter((plan) => !plan.partial)
      .map(({ dueDay, cause }) => ({ obligationId, kind, dueDay, paidDay: null, cause })),
  ]);
  return [...life.dues, ...open].sort((a, b) => a.dueDay - b.dueDay || (a.obligationId < b.obligationId ? -1 : 1));
}
