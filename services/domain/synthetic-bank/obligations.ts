import type { Obligation, ObligationKind } from '../bank/profile.ts';
import { addMonths, nextWorkday } from './calendar.ts';
import { effectOn } from './hidden.ts';
import { type Draft, type Life, type LiveObligation, ownId, type PlannedPayment, today } from './life.ts';
import type { Range } from './parameters.ts';
import { decidePayment } from './payment-chance.ts';
import { childKey, type Random, randomOf } from './random.ts';

/** Agreements with due dates: which there are, what is decided when they fall due, and the payments that follow. */

/** The n-th due date, from 0; null past the last. */
export function dueDayOf(obligation: Obligation, n: number): number | null {
  const { interval, firstDueDay, lastDueDay } = obligation;
  if (interval === null && n > 0) return null;
  const day =
    interval === null
      ? firstDueDay
      : interval.kind === 'months'
        ? addMonths(firstDueDay, n * interval.months)
        : firstDueDay + n * interval.days;
  return lastDueDay !== null && day > lastDueDay ? null : day;
}

/** The agreements a customer comes with. */
export function openingObligations(life: Life): void {
  const random = randomOf(childKey(life.key, 'obligations'));
  const { obligations: p } = life.p;
  const income = life.traits.incomeMinor;
  const of = (range: Range): number => income * random.between(range.low, range.high);
  if (random.chance(p.rentShare)) agree(life, random, 'rent', of(p.rentOfIncome), rentInterval(life, random));
  agree(life, random, 'utilities', of(p.utilitiesOfIncome), MONTHLY);
  if (random.chance(p.secondUtilityShare)) agree(life, random, 'utilities', of(p.utilitiesOfIncome) / 2, MONTHLY);
  if (random.chance(p.insuranceShare)) {
    const quarterly = random.chance(p.insuranceQuarterlyShare);
    agree(life, random, 'insurance', of(p.insuranceOfIncome) * (quarterly ? 3 : 1), quarterly ? QUARTERLY : MONTHLY);
  }
  if (random.chance(p.loanShare)) agree(life, random, 'loan', of(p.loanOfIncome), MONTHLY, random.integer(10, 60));
  if (random.chance(p.cardShare)) agree(life, random, 'card', of(p.cardOfIncome), MONTHLY);
  const subscriptions = random.integer(p.subscriptions.low, p.subscriptions.high);
  for (let i = 0; i < subscriptions; i++) subscribe(life, random);
}

export function subscribe(life: Life, random: Random): void {
  const { low, high } = life.p.obligations.subscriptionMinor;
  agree(life, random, 'subscription', random.integer(Math.ceil(low / 100), Math.floor(high / 100)) * 100 - 1, MONTHLY);
}

/** Nothing falls due so soon after the first day, nor so soon after an agreement. */
const OPENING_QUIET_DAYS = 20;
const NOTICE_DAYS = 8;

const MONTHLY = { kind: 'months', months: 1 } as const;
const QUARTERLY = { kind: 'months', months: 3 } as const;

function rentInterval(life: Life, random: Random): Obligation['interval'] {
  if (life.traits.payCycle === 'weekly' && random.chance(life.p.obligations.rentByWeekShare))
    return { kind: 'days', days: 7 };
  if (life.traits.payCycle === 'fortnightly' && random.chance(life.p.obligations.rentByWeekShare))
    return { kind: 'days', days: 14 };
  return MONTHLY;
}

/** Adds an agreement whose first payment falls due in the coming weeks. The monthly amount is spread over the interval. */
export function agree(
  life: Life,
  random: Random,
  kind: ObligationKind,
  monthlyMinor: number,
  interval: Obligation['interval'],
  payments: number | null = null,
): void {
  const days = interval === null ? 30 : interval.kind === 'days' ? interval.days : interval.months * 30.4;
  const amount = interval?.kind === 'days' ? (monthlyMinor * days) / 30.4 : monthlyMinor;
  const early = life.day === life.traits.joinDay ? OPENING_QUIET_DAYS : NOTICE_DAYS;
  const firstDueDay = life.day + early + random.integer(0, Math.max(2, Math.min(30, Math.round(days))));
  const manual = random.chance(life.p.obligations.manualShare[kind]);
  const others = life.obligations.filter(({ obligation }) => obligation.kind === kind);
  // Payments that only a category tells are never ambiguous: where a kind has a second agreement, all of the kind name theirs.
  for (const other of others) other.named = true;
  const method = manual ? 'manual' : kind === 'rent' || random.chance(0.25) ? 'standing_order' : 'direct_debit';
  life.obligations.push({
    obligation: {
      obligationId: ownId(life, 'obligation', life.obligations.length),
      kind,
      amountMinor: Math.max(100, Math.round(amount)),
      firstDueDay,
      interval,
      lastDueDay: payments === null ? null : addMonths(firstDueDay, payments - 1),
    },
    habit: { kind, manual, intervalDays: days },
    method,
    named: others.length > 0 || !random.chance(life.p.obligations.byCategoryShare),
    leadDays: method === 'standing_order' ? random.integer(0, 3) : 0,
    payeeId: ownId(life, 'payee', life.obligations.length),
    decided: 0,
    withheld: null,
    arrears: [],
    planned: [],
  });
}

/** Decides what falls due today and returns today's payments as drafts. */
export function payToday(life: Life): Draft[] {
  const random = today(life, 'payments');
  const drafts: Draft[] = [];
  for (const live of life.obligations) {
    cure(life, live);
    decideDue(life, live, random);
    for (let i = live.planned.length - 1; i >= 0; i--) {
      const plan = live.planned[i] as PlannedPayment;
      if (plan.day > life.day) continue;
      live.planned.splice(i, 1);
      drafts.push(paymentDraft(life, live, plan, random));
    }
  }
  return drafts;
}

/** The end of a time without payments: everything unpaid is paid today. */
function cure(life: Life, live: LiveObligation): void {
  if (live.withheld === null || life.day < live.withheld.untilDay) return;
  for (const { dueDay, paidMinor, cause } of live.arrears) {
    const amountMinor = live.obligation.amountMinor - paidMinor;
    live.planned.push({ day: life.day, dueDay, amountMinor, attempts: 0, sure: true, cause, partial: false });
  }
  live.arrears.length = 0;
  live.withheld = null;
}

function decideDue(life: Life, live: LiveObligation, random: Random): void {
  for (;;) {
    const dueDay = dueDayOf(live.obligation, live.decided);
    if (dueDay === null || dueDay - live.leadDays > life.day) return;
    live.decided++;
    const amountMinor = live.obligation.amountMinor;
    if (live.withheld !== null) {
      live.arrears.push({ dueDay, paidMinor: 0, cause: live.withheld.cause });
      continue;
    }
    const decision = decidePayment(life.hidden, life.traits, live.habit, life.p, random);
    if (decision.kind === 'on_time') {
      const day = life.day + delayOnTime(life, live, random);
      live.planned.push({ day, dueDay, amountMinor, attempts: 0, sure: false, cause: null, partial: false });
      continue;
    }
    const { cause } = decision;
    live.withheld = { untilDay: nextWorkday(dueDay + decision.delayDays), cause };
    const { obligationId } = live.obligation;
    life.withholdings.push({ obligationId, dueDay, decidedDay: life.day, ...live.withheld });
    const paidMinor = Math.floor(amountMinor * decision.partialShare);
    live.arrears.push({ dueDay, paidMinor, cause });
    if (paidMinor > 0) {
      const day = dueDay + random.integer(1, 5);
      live.planned.push({ day, dueDay, amountMinor: paidMinor, attempts: 0, sure: true, cause, partial: true });
    }
  }
}

/** Banks collect on working days; people who pay by hand are a little early or late, more so the forgetful and the strained. */
function delayOnTime(life: Life, live: LiveObligation, random: Random): number {
  if (live.method === 'standing_order') return 0;
  if (live.method === 'direct_debit') return nextWorkday(life.day) - life.day;
  const { usualLateDays, slipDays } = life.p.payments;
  if (random.chance(life.traits.slips)) return random.integer(slipDays.low, slipDays.high);
  const strained = life.traits.shows.lateness * effectOn(life.hidden, life.p, 'lateness');
  return Math.min(4, random.poisson(usualLateDays + strained));
}

function paymentDraft(life: Life, live: LiveObligation, plan: PlannedPayment, random: Random): Draft {
  const kind = live.obligation.kind;
  const byHand = live.method === 'manual' || plan.sure;
  const channel =
    byHand || live.method === 'standing_order' ? 'transfer' : kind === 'subscription' ? 'card' : 'direct_debit';
  return {
    account: life.current,
    second: byHand ? random.integer(8 * 3600, 22 * 3600) : random.integer(5400, 7 * 3600),
    direction: 'debit',
    amountMinor: plan.amountMinor,
    channel,
    category: kind === 'card' ? 'card_payment' : kind,
    counterpartyId: live.payeeId,
    ...(channel === 'card' ? { merchantId: live.payeeId } : {}),
    ifShort: 'payment',
    pays: { of: live, plan },
  };
}
