import type { Consent, ContactChannel } from '../bank/profile.ts';
import { effectOf, effectOn } from './hidden.ts';
import { type Draft, type Life, momentOf, type ProfileFacts, recordProfile, today } from './life.ts';
import { agree, subscribe } from './obligations.ts';
import type { BankParameters } from './parameters.ts';
import { childKey, type Key, type Random, randomOf } from './random.ts';
import type { LifeEvent, Traits } from './truth.ts';

/** What the bank knows beside transactions, and how it changes: consent, new agreements, forbearance, the end. */

const CHANNELS: readonly ContactChannel[] = ['phone_call', 'sms', 'email'];

export function openingFacts(key: Key, traits: Traits, p: BankParameters): ProfileFacts {
  const random = randomOf(childKey(key, 'profile'));
  const silent = random.chance(p.consent.noRecordShare);
  const declaresSalary = traits.payCycle === 'monthly' && random.chance(p.pay.salaryDayDeclaredShare);
  const consents = CHANNELS.map((channel) => ({
    channel,
    granted: !random.chance(p.consent.refusedShare),
    recordedMs: momentOf(traits, traits.joinDay, 0) - random.integer(1, 400) * 86_400_000,
  }));
  return {
    timeZone: random.chance(p.consent.noTimeZoneShare) ? null : traits.zone.name,
    consents: silent ? [] : consents,
    salaryDayOfMonth: declaresSalary ? traits.payDay : null,
    standing: 'open',
  };
}

/** Takes up what changes today, before anything is booked; records one new profile version if anything did. */
export function changesToday(life: Life): Draft[] {
  const random = today(life, 'relationship');
  const before = { facts: life.profile, agreements: life.obligations.length };
  const drafts = newAgreements(life, random);
  changeConsent(life, random);
  changeStanding(life, random);
  if (life.profile !== before.facts || life.obligations.length !== before.agreements) recordProfile(life);
  return drafts;
}

/** Ordinary ones, and the loans that over-leverage brings, with the money they lend. */
function newAgreements(life: Life, random: Random): Draft[] {
  if (life.day === life.traits.joinDay || hasGivenNotice(life)) return [];
  const p = life.p.obligations;
  const effect = effectOf(life.hidden, 'over_leverage');
  if (random.chance((p.newSubscriptionPerYear * (1 + effect)) / 365)) subscribe(life, random);
  if (!random.chance((p.newLoanPerYear + effectOn(life.hidden, life.p, 'loansPerYear')) / 365)) return [];
  const monthly = life.traits.incomeMinor * random.between(p.loanOfIncome.low, p.loanOfIncome.high) * 0.7;
  agree(life, random, 'loan', monthly, { kind: 'months', months: 1 }, random.integer(12, 48));
  const lender = life.obligations.at(-1)?.payeeId ?? '';
  return [
    {
      account: life.current,
      second: random.integer(9 * 3600, 17 * 3600),
      direction: 'credit',
      amountMinor: Math.round(monthly * random.between(6, 12)) + 10_000,
      channel: 'transfer',
      category: 'other',
      counterpartyId: lender,
    },
  ];
}

function changeConsent(life: Life, random: Random): void {
  if (life.profile.consents.length === 0 || !random.chance(life.p.consent.withdrawnPerYear / 365)) return;
  const channel = random.pick(CHANNELS);
  const recordedMs = momentOf(life.traits, life.day, 0);
  const change = (c: Consent): Consent => (c.channel === channel ? { channel, granted: !c.granted, recordedMs } : c);
  life.profile = { ...life.profile, consents: life.profile.consents.map(change) };
}

function changeStanding(life: Life, random: Random): void {
  if (life.day === life.traits.closeDay - NOTICE_DAYS) giveNotice(life);
  if (life.day === life.traits.closeDay) {
    closeAll(life);
    return;
  }
  const struggling = life.obligations.some((o) => o.withheld?.cause === 'stress' && o.arrears.length > 1);
  const { forbearanceShare, forbearanceDays } = life.p.payments;
  const { standing } = life.profile;
  if (standing === 'open' && struggling && random.chance(forbearanceShare / 45)) {
    life.profile = { ...life.profile, standing: 'forborne' };
  } else if (standing === 'forborne' && !struggling && random.chance(2 / forbearanceDays)) {
    life.profile = { ...life.profile, standing: 'open' };
  }
}

/** Notice is given so long before the end that nothing due beyond it is in anybody's horizon. */
const NOTICE_DAYS = 50;

function hasGivenNotice(life: Life): boolean {
  return life.day >= life.traits.closeDay - NOTICE_DAYS;
}

/** Agreements end with the relationship. Told as a profile version of its own. */
function giveNotice(life: Life): void {
  const lastDueDay = life.traits.closeDay - 1;
  const kept = life.obligations.filter(({ obligation }) => obligation.firstDueDay <= lastDueDay);
  for (const live of kept) {
    const ends = Math.min(live.obligation.lastDueDay ?? lastDueDay, lastDueDay);
    live.obligation = { ...live.obligation, lastDueDay: ends };
  }
  life.obligations.splice(0, life.obligations.length, ...kept);
  life.profile = { ...life.profile };
}

/** Whoever leaves settles up. */
function closeAll(life: Life): void {
  life.profile = { ...life.profile, standing: 'closed' };
  for (const live of life.obligations) {
    if (live.withheld !== null) live.withheld = { ...live.withheld, untilDay: life.day };
    live.planned.forEach((plan, i) => {
      live.planned[i] = { ...plan, day: life.day, sure: true };
    });
  }
}

/** Notes events as they begin, so that the truth can date them. */
export function noteEvents(life: Life): void {
  for (const event of life.hidden.events) if (event.startDay === life.day) life.seenEvents.push(event as LifeEvent);
}
