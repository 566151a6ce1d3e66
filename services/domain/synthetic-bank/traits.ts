import { dayOfDate } from './calendar.ts';
import type { BankParameters } from './parameters.ts';
import { childKey, type Key, type Random, randomOf } from './random.ts';
import type { Group, PayCycle, Traits } from './truth.ts';

const PAY_CYCLES: readonly PayCycle[] = ['monthly', 'fortnightly', 'weekly', 'irregular'];

/** The first day of every bank made from these parameters. */
export function startDayOf(p: BankParameters): number {
  return dayOfDate(p.startDate.year, p.startDate.month, p.startDate.day);
}

/** Draws what a customer is like. */
export function drawTraits(key: Key, p: BankParameters): Traits {
  const random = randomOf(childKey(key, 'traits'));
  const { population } = p;
  const zone = p.zones[random.weighted(p.zones.map((z) => z.weight))] as BankParameters['zones'][number];
  const joinDay =
    startDayOf(p) + (random.chance(population.joinsLaterShare) ? random.integer(5, population.joinsWithinDays) : 0);
  const incomeMinor = Math.round(population.medianIncomeMinor * Math.exp(population.incomeSigma * random.normal()));
  const payCycle = PAY_CYCLES[random.weighted(PAY_CYCLES.map((cycle) => p.pay.cycleWeights[cycle]))] as PayCycle;
  const forgetful = random.chance(population.forgetfulShare);
  const { low, high } = population.forgettingRange;
  const usualForgetting = (forgetful ? population.forgetfulRate : population.carefulRate) * random.between(low, high);
  const group: Group = randomOf(childKey(key, 'group')).chance(population.groups.B.share) ? 'B' : 'A';
  const { forgetting, shows } = population.groups[group];
  return {
    zone: { name: zone.name, standardMinutes: zone.standardMinutes },
    joinDay,
    closeDay: joinDay + 60 + exponentialDays(random, population.closesPerYear),
    incomeMinor,
    payCycle,
    payDay: payCycle === 'monthly' ? random.pick([1, 15, 25, 25, 27, 28, 30, 31]) : random.integer(1, 28),
    ...drawReserves(random, p),
    overdraftLimitMinor: random.chance(population.overdraftShare)
      ? Math.round((incomeMinor * population.overdraftMonths * random.between(0.5, 1.5)) / 10_000) * 10_000
      : 0,
    forgetful,
    forgetfulness: Math.min(1, usualForgetting * forgetting),
    slips: forgetful ? p.payments.slipShare.forgetful : p.payments.slipShare.careful,
    group,
    proneness: random.spread(p.events.proneSigma),
    ...drawHabits(random, p, shows),
  };
}

/** Who has reserves bears more; the balances show how much more. */
function drawReserves(random: Random, { population }: BankParameters) {
  const [buffer, savings] = [random.normal(), random.normal()];
  const hasSavings = random.chance(population.savingsAccountShare);
  const { ofBuffer, ofSavings, mean, least } = population.resilience;
  return {
    bufferMonths: population.bufferMonthsMedian * Math.exp(population.bufferSigma * buffer),
    hasSavings,
    savingsMonths: population.savingsMonthsMedian * Math.exp(savings),
    resilience: Math.max(least, mean + ofBuffer * buffer + (hasSavings ? ofSavings * savings : 0)),
  };
}

/** @param shows how much of its symptoms the customer's group shows, 1: as everybody */
function drawHabits(random: Random, p: BankParameters, shows: number) {
  const show = (): number => shows * random.spread(p.symptoms.sensitivitySigma);
  return {
    propensity: random.between(p.spending.propensity.low, p.spending.propensity.high),
    activity: random.spread(p.population.activitySigma),
    cashTaste: random.chance(p.population.cashLoverShare) ? random.between(2, 3.5) : random.between(0.3, 1.3),
    gamblesForFun: random.chance(p.population.recreationalGamblerShare),
    shows: {
      discretionary: show(),
      cash: show(),
      variety: show(),
      lateness: show(),
      borrowing: show(),
      hours: show(),
    },
    hour: random.between(11, 18),
    weekendTaste: random.between(0.8, 1.7),
    everydayStress: Math.max(0, p.stress.everydayMean + p.stress.everydaySd * random.normal()),
  };
}

/** Days until something of this yearly rate happens; infinite where the rate is 0. */
function exponentialDays(random: Random, perYear: number): number {
  const drawn = -Math.log(1 - random.uniform());
  return perYear <= 0 ? Number.POSITIVE_INFINITY : Math.floor((drawn / perYear) * 365);
}
