import type { Category, Channel } from '../bank/transaction.ts';
import { isWeekend } from '../calendar/days.ts';
import { civilOf } from './calendar.ts';
import { effectOf, effectOn } from './hidden.ts';
import { type Draft, type Life, monthlyDuesMinor, ownId, strain, today, type Wallet } from './life.ts';
import type { BankParameters } from './parameters.ts';
import { childKey, hexOf, type Key, type Random, randomOf } from './random.ts';

/** Everyday spending: habits, seasons, moods, and what strain does to them, gradually. */

export type SpendingCategory = keyof BankParameters['spending']['ratePerMonth'];

export const SPENDING_CATEGORIES: readonly SpendingCategory[] = [
  'groceries',
  'dining',
  'transport',
  'shopping',
  'entertainment',
  'health',
  'travel',
  'cash',
  'other',
];

const DISCRETIONARY: ReadonlySet<SpendingCategory> = new Set(['dining', 'shopping', 'entertainment', 'travel']);
const ESSENTIAL: ReadonlySet<SpendingCategory> = new Set(['groceries', 'transport', 'health']);

/** How many shops of a kind a town has, and a customer uses. */
const SHOPS = { town: 400, low: 3, high: 9 } as const;

/** Habitual merchants, from a town that all customers of the bank share. */
export function openWallet(key: Key, bank: Key): Wallet {
  const random = randomOf(childKey(key, 'wallet'));
  const merchants: Record<string, readonly string[]> = {};
  for (const category of [...SPENDING_CATEGORIES, 'gambling']) {
    const town = childKey(bank, category);
    const count = random.integer(SHOPS.low, SHOPS.high);
    merchants[category] = Array.from({ length: count }, () => hexOf(childKey(town, random.integer(1, SHOPS.town)), 12));
  }
  return { merchants, tripUntilDay: 0, moods: new Map() };
}

/** What is bought, withdrawn and given today. */
export function spendToday(life: Life): Draft[] {
  const random = today(life, 'spending');
  startTrip(life, random);
  const day = dayOfSpending(life);
  const drafts: Draft[] = [];
  for (const category of SPENDING_CATEGORIES) purchases(life, category, day, random, drafts);
  drafts.push(...refusals(life, day, random), ...gambling(life, random), ...occasional(life, random));
  return drafts;
}

/** What the customer means to spend a month, from what usually remains, and less when the account runs low. */
function dailyBudget(life: Life): number {
  const { traits, income, current } = life;
  const expected = 0.5 * traits.incomeMinor + 0.5 * income.usualMinor;
  const free = Math.max(0.16 * traits.incomeMinor, expected - monthlyDuesMinor(life)) * traits.propensity;
  const liquid = Math.max(0, current.balanceMinor + 0.3 * traits.overdraftLimitMinor);
  const ease = liquid / (liquid + 0.3 * traits.bufferMonths * traits.incomeMinor + 1);
  return free * (0.55 + 0.62 * ease);
}

function purchases(life: Life, category: SpendingCategory, day: SpendingDay, random: Random, into: Draft[]): void {
  const { spending } = life.p;
  const rate = spending.ratePerMonth[category] * life.traits.activity;
  const mood = moodOf(life, category) * symptomOf(life, category);
  const count = random.poisson((rate * mood * dayFactor(category, day)) / 30.4);
  const mean = (day.budgetMinor * spending.share[category]) / rate;
  for (let i = 0; i < count; i++) {
    into.push(purchase(life, category, mean * random.spread(spending.amountSigma), random));
  }
}

/** Moods last some weeks and mean nothing. */
function moodOf(life: Life, category: SpendingCategory): number {
  const { moodDays, moodSigma } = life.p.spending;
  const period = Math.floor(life.day / moodDays);
  const mood = life.wallet.moods.get(category);
  if (mood?.period === period) return mood.factor;
  const factor = randomOf(childKey(childKey(childKey(life.key, 'mood'), category), period)).spread(moodSigma);
  life.wallet.moods.set(category, { period, factor });
  return factor;
}

/** What strain and the events behind it do to a kind of spending. */
function symptomOf(life: Life, category: SpendingCategory): number {
  const { hidden, traits, p } = life;
  if (category === 'cash') return traits.cashTaste * (1 + traits.shows.cash * effectOn(hidden, p, 'cash'));
  if (category === 'health') return 1 + effectOn(hidden, p, 'health');
  if (ESSENTIAL.has(category)) return Math.exp(effectOn(hidden, p, 'essential'));
  if (!DISCRETIONARY.has(category)) return 1 + effectOn(hidden, p, 'people');
  return Math.exp(-traits.shows.discretionary * effectOn(hidden, p, 'discretionary'));
}

/** What a day makes of spending, whatever the category. */
interface SpendingDay {
  /** Meant for a month, at today's rate. */
  readonly budgetMinor: number;
  readonly month: number;
  readonly holiday: number;
  readonly trip: boolean;
  readonly weekday: number;
  readonly activity: number;
}

function dayOfSpending(life: Life): SpendingDay {
  const { month, day } = civilOf(life.day);
  const quiet = Math.exp(-effectOn(life.hidden, life.p, 'weekend'));
  const weekend = life.traits.weekendTaste * quiet;
  return {
    budgetMinor: dailyBudget(life),
    month,
    holiday: isHoliday(month, day) ? 0.3 : 1,
    trip: life.day < life.wallet.tripUntilDay,
    weekday: isWeekend(life.day) ? weekend : (7 - 2 * weekend) / 5,
    activity: Math.exp(-effectOn(life.hidden, life.p, 'activity')),
  };
}

function dayFactor(category: SpendingCategory, { month, holiday, trip, weekday, activity }: SpendingDay): number {
  const season = seasonOf(category, month) * holiday * activity;
  if (!DISCRETIONARY.has(category)) return season;
  return season * (trip && (category === 'travel' || category === 'dining') ? 4 : 1) * weekday;
}

function seasonOf(category: SpendingCategory, month: number): number {
  if (category === 'shopping') return month === 12 ? 1.5 : month === 1 ? 0.8 : 0.98;
  if (category === 'travel') return month === 7 || month === 8 ? 2 : 0.8;
  if (category === 'dining') return month >= 6 && month <= 8 ? 1.15 : 0.95;
  return month === 12 && category === 'groceries' ? 1.12 : 1;
}

function isHoliday(month: number, day: number): boolean {
  return (month === 12 && (day === 25 || day === 26)) || (day === 1 && (month === 1 || month === 5));
}

function purchase(life: Life, category: SpendingCategory, amount: number, random: Random): Draft {
  const amountMinor = Math.max(50, Math.round(amount));
  const base = { account: life.current, second: secondOf(life, random), direction: 'debit' } as const;
  const ifShort = random.chance(life.p.spending.declinedShownShare) ? 'show' : 'drop';
  if (category === 'cash') {
    const larger = 1 + effectOn(life.hidden, life.p, 'cashSize');
    const notes = Math.max(2000, Math.round((amountMinor * larger) / 1000) * 1000);
    return { ...base, ifShort, amountMinor: notes, channel: random.chance(0.93) ? 'atm' : 'branch', category: 'cash' };
  }
  if (category === 'other') {
    const counterpartyId = ownId(life, 'friend', random.integer(0, 5));
    return { ...base, ifShort: 'drop', amountMinor, channel: 'transfer', category: 'other', counterpartyId };
  }
  return { ...base, ifShort, ...shopping(life, category, amountMinor, random), ...bookingDelay(life, random) };
}

function shopping(life: Life, category: Category, amountMinor: number, random: Random) {
  const shops = life.wallet.merchants[category] as readonly string[];
  const narrowed = life.traits.shows.variety * effectOn(life.hidden, life.p, 'variety');
  const known = Math.ceil(shops.length * Math.exp(-narrowed));
  const favourite = Math.floor(known * random.uniform() ** 1.6);
  const merchantId = shops[favourite] as string;
  const channel: Channel = 'card';
  return { amountMinor, channel, category, merchantId, counterpartyId: merchantId };
}

function bookingDelay(life: Life, random: Random): { bookAfterDays: number } {
  const { lateBookingShare, nextDayBookingShare } = life.p.spending;
  const u = random.uniform();
  if (u < lateBookingShare) return { bookAfterDays: random.integer(3, 8) };
  return { bookAfterDays: u < lateBookingShare + nextDayBookingShare ? 1 : 0 };
}

/** Between one in the morning and midnight, around the usual hour; less regular under strain. */
function secondOf(life: Life, random: Random): number {
  const sd = 2.4 + life.traits.shows.hours * effectOn(life.hidden, life.p, 'hours');
  const hour = life.traits.hour + sd * random.normal();
  const wrapped = 1 + ((((hour - 1) % 23) + 23) % 23);
  return Math.min(86_399, Math.floor(wrapped * 3600));
}

/** Who lives on cards up to their limits is turned down now and then, with money on the account. */
function refusals(life: Life, { budgetMinor }: SpendingDay, random: Random): Draft[] {
  const rate = effectOn(life.hidden, life.p, 'refusals');
  if (rate <= 0) return [];
  return Array.from({ length: random.poisson(rate / 30.4) }, () => {
    const amount = (budgetMinor / 30) * random.spread(life.p.spending.amountSigma);
    return { ...purchase(life, 'shopping', amount, random), bookAfterDays: 0, refused: true };
  });
}

/** Some play for fun all their lives; for others it takes over, and not all of it shows as what it is. */
function gambling(life: Life, random: Random): Draft[] {
  const effect = effectOf(life.hidden, 'gambling');
  const plays = effectOn(life.hidden, life.p, 'plays');
  const count = random.poisson(((life.traits.gamblesForFun ? 1.8 : 0) + plays) / 30.4);
  return Array.from({ length: count }, () => {
    const stake = life.traits.incomeMinor * 0.013 * (1 + 1.6 * effect) * random.spread(0.7);
    const shown = random.chance(0.6);
    const category = shown ? 'gambling' : random.chance(0.5) ? 'entertainment' : 'cash';
    if (category === 'cash') return { ...purchase(life, 'cash', stake, random), ifShort: 'drop' };
    const amountMinor = Math.max(100, Math.round(stake));
    return {
      account: life.current,
      second: random.chance(life.p.symptoms.nightPlayShare * effect)
        ? random.integer(3600, 5 * 3600)
        : secondOf(life, random),
      direction: 'debit',
      ifShort: 'drop',
      ...shopping(life, category, amountMinor, random),
    };
  });
}

/** Big purchases, gifts and what people pay each other back: they drain or fill the account and announce nothing. */
function occasional(life: Life, random: Random): Draft[] {
  const { spending } = life.p;
  const drafts: Draft[] = [];
  if (random.chance(spending.bigPurchasePerYear / 365)) {
    const { low, high } = spending.bigPurchaseOfIncome;
    const amount = Math.min(life.traits.incomeMinor * random.between(low, high), life.current.balanceMinor * 0.8);
    if (amount > 10_000) drafts.push(purchase(life, random.pick(['shopping', 'travel', 'health']), amount, random));
  }
  if (random.chance(effectOf(life.hidden, 'divorce') / 25)) {
    const amount = life.traits.incomeMinor * random.between(0.08, 0.3);
    drafts.push(purchase(life, 'other', amount, random));
  }
  return drafts;
}

function startTrip(life: Life, random: Random): void {
  const { month } = civilOf(life.day);
  const season = month === 7 || month === 8 ? 3 : 0.6;
  const wish = life.p.spending.tripPerYear * season * Math.exp(-strain(life));
  if (random.chance(wish / 365)) life.wallet.tripUntilDay = life.day + random.integer(5, 14);
}
