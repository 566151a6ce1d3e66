import { nextWorkday, onDayOfMonth, previousWorkday } from './calendar.ts';
import { effectOf, effectOn } from './hidden.ts';
import { type Draft, type Life, ownId, today } from './life.ts';
import type { Random } from './random.ts';
import type { PayCycle, Traits } from './truth.ts';

/** Pay, benefits, and the harmless turns of a working life that look like trouble and are not. */

/** The money that comes in today for work, or for want of it. */
export function earnToday(life: Life): Draft[] {
  const random = today(life, 'income');
  workingLife(life, random);
  const drafts: Draft[] = [];
  if (isPayDay(life.traits, life.day, life, random)) pay(life, random);
  const { late } = life.income;
  for (let i = late.length - 1; i >= 0; i--) {
    const due = late[i] as { day: number; amountMinor: number };
    if (due.day > life.day) continue;
    late.splice(i, 1);
    drafts.push(salaryDraft(life, due.amountMinor, random));
  }
  const benefit = benefitToday(life, random);
  if (benefit !== null) drafts.push(benefit);
  const received = drafts.reduce((sum, draft) => sum + draft.amountMinor, 0);
  life.income.usualMinor += received / 2 - life.income.usualMinor / 60.8;
  return drafts;
}

/** How many payments a month a cycle has. */
export function paymentsPerMonth(cycle: PayCycle, irregularPerMonth: number): number {
  switch (cycle) {
    case 'monthly':
      return 1;
    case 'fortnightly':
      return 30.4 / 14;
    case 'weekly':
      return 30.4 / 7;
    case 'irregular':
      return irregularPerMonth;
    default:
      return cycle satisfies never;
  }
}

function isPayDay(traits: Traits, day: number, life: Life, random: Random): boolean {
  switch (traits.payCycle) {
    case 'monthly':
      return [day, day + 1, day + 2].some((d) => previousWorkday(onDayOfMonth(d, traits.payDay)) === day);
    case 'fortnightly':
      return isAnchored(traits, day, 14);
    case 'weekly':
      return isAnchored(traits, day, 7);
    case 'irregular':
      return random.chance(life.p.pay.irregularPaymentsPerMonth / 30.4);
    default:
      return traits.payCycle satisfies never;
  }
}

/** On a working day of the week that the pay day's number gives. */
function isAnchored(traits: Traits, day: number, gap: number): boolean {
  return nextWorkday(traits.payDay) % gap === day % gap;
}

function workingLife(life: Life, random: Random): void {
  const { pay } = life.p;
  if (random.chance(pay.jobChangePerYear / 365)) {
    life.income.payer++;
    life.income.gapUntilDay = life.day + random.integer(pay.jobChangeGapDays.low, pay.jobChangeGapDays.high);
  }
  if (random.chance(pay.leavePerYear / 365)) {
    life.income.leaveUntilDay = life.day + random.integer(pay.leaveDays.low, pay.leaveDays.high);
  }
}

function pay(life: Life, random: Random): void {
  const { traits, p } = life;
  const part = traits.incomeMinor / paymentsPerMonth(traits.payCycle, p.pay.irregularPaymentsPerMonth);
  const amountMinor = Math.round(part * random.spread(p.pay.amountSigma[traits.payCycle]) * workShare(life));
  const late = random.chance((p.pay.employerLatePerYear / 12) * (1 + effectOf(life.hidden, 'job_loss')));
  if (life.day < life.income.gapUntilDay || amountMinor < part * 0.12) return;
  const { low, high } = p.pay.employerLateDays;
  life.income.late.push({ day: late ? nextWorkday(life.day + random.integer(low, high)) : life.day, amountMinor });
}

/** The share of usual pay that is earned now. */
function workShare(life: Life): number {
  const { hidden, income, p } = life;
  const lost = effectOn(hidden, p, 'incomeLost');
  const leave = life.day < income.leaveUntilDay ? 1 - p.pay.leavePayShare : 0;
  return Math.max(0, 1 - lost - leave);
}

function salaryDraft(life: Life, amountMinor: number, random: Random): Draft {
  return {
    account: life.current,
    second: random.integer(3700, 5300),
    direction: 'credit',
    amountMinor,
    channel: 'transfer',
    category: 'salary',
    counterpartyId: ownId(life, 'employer', life.income.payer),
  };
}

/** The state helps those without work, on the tenth. */
function benefitToday(life: Life, random: Random): Draft | null {
  const lost = effectOf(life.hidden, 'job_loss');
  if (lost < 0.45 || nextWorkday(onDayOfMonth(life.day, 10)) !== life.day) return null;
  const { low, high } = life.p.pay.benefitShare;
  return {
    account: life.current,
    second: random.integer(3700, 5300),
    direction: 'credit',
    amountMinor: Math.round(life.traits.incomeMinor * Math.min(1, lost) * random.between(low, high)),
    channel: 'transfer',
    category: 'benefit',
    counterpartyId: ownId(life, 'agency', 0),
  };
}
