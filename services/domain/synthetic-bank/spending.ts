import type { Category, Channel } from '../bank/transaction.ts';
import { civilOf, isWeekend } from './calendar.ts';
import { effectOf } from './hidden.ts';
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
  return { merchants, tripUntilDay: 0 };
}

/** What is bought, withdrawn and given today. */
export function spendToday(life: Life): Draft[] {
  const random = today(life, 'spending');
  startTrip(life, random);
  const budget = dailyBudget(life);
  const drafts = SPENDING_CATEGORIES.flatMap((category) => purchases(life, category, budget, random));
  drafts.push(...gambling(life, random), ...occasional(life, random));
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

function purchases(life: Life, category: SpendingCategory, budget: number, random: Random): Draft[] {
  const { spending } = life.p;
  const rate = spending.ratePerMonth[category] * life.traits.activity;
  const mean = (budget * spending.share[category]) / rate;
  const mood = moodOf(life, category) * symptomOf(life, category);
  const count = random.poisson((rate * mood * dayFactor(life, category)) / 30.4);
  return Array.from({ length: count }, () =>
    purchase(life, category, mean * random.spread(spending.amountSigma), random),
  );
}

/** Moods last some weeks and mean nothing. */
function moodOf(life: Life, category: SpendingCategory): number {
  const { moodDays, moodSigma } = life.p.spending;
  const period = Math.floor(life.day / moodDays);
  return randomOf(childKey(childKey(childKey(life.key, 'mood'), category), period)).spread(moodSigma);
}

/** What strain and the events behind it do to a kind of spending. */
function symptomOf(life: Life, category: SpendingCategory): number {
  const { hidden, traits, p } = life;
  const s = strain(life);
  if (category === 'cash') return traits.cashTaste * (1 + p.symptoms.cash * traits.shows.cash * s);
  if (category === 'health') return 1 + 4 * effectOf(hidden, 'illness');
  const living = Math.exp(-p.symptoms.essential * s);
  if (ESSENTIAL.has(category)) return living;
  if (!DISCRETIONARY.has(category)) return 1 + 0.8 * effectOf(hidden, 'divorce');
  const splurge = 1 + 0.9 * effectOf(hidden, 'over_leverage') + 0.2 * effectOf(hidden, 'divorce');
  return splurge * Math.exp(-p.symptoms.discretionary * traits.shows.discretionary * s);
}

function dayFactor(life: Life, category: SpendingCategory): number {
  const { month, day } = civilOf(life.day);
  const season = seasonOf(category, month) * (isHoliday(month, day) ? 0.3 : 1);
  const trip = life.day < life.wallet.tripUntilDay && (category === 'travel' || category === 'dining') ? 4 : 1;
  if (!DISCRETIONARY.has(category)) return season;
  const quiet = Math.exp(-0.3 * life.traits.shows.discretionary * strain(life));
  const weekend = 1 + (life.traits.weekendTaste - 1) * quiet;
  return season * trip * (isWeekend(life.day) ? weekend : (7 - 2 * weekend) / 5);
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
    const notes = Math.max(2000, Math.round(amountMinor / 1000) * 1000);
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
  const { variety } = life.p.symptoms;
  const known = Math.ceil(shops.length * Math.exp(-variety * life.traits.shows.variety * strain(life)));
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
  const sd = 2.4 + 1.5 * life.traits.shows.hours * strain(life);
  const hour = life.traits.hour + sd * random.normal();
  const wrapped = 1 + ((((hour - 1) % 23) + 23) % 23);
  return Math.min(86_399, Math.floor(wrapped * 3600));
}

/** Some play for fun all their lives; for others it takes over, and not all of it shows as what it is. */
function gambling(life: Life, random: Random): Draft[] {
  const effect = effectOf(life.hidden, 'gambling');
  const count = random.poisson(((life.traits.gamblesForFun ? 1.8 : 0) + 9 * effect) / 30.4);
  return Array.from({ length: count }, () => {
    const stake = life.traits.incomeMinor * 0.013 * (1 + 1.6 * effect) * random.spread(0.7);
    const shown = random.chance(0.6);
    const category = shown ? 'gambling' : random.chance(0.5) ? 'entertainment' : 'cash';
    if (category === 'cash') return { ...purchase(life, 'cash', stake, random), ifShort: 'drop' };
    const amountMinor = Math.max(100, Math.round(stake));
    return {
      account: life.current,
      second: random.chance(0.4 * effect) ? random.integer(3600, 5 * 3600) : secondOf(life, random),
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
