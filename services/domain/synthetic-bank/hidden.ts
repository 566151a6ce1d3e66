import type { BankParameters } from './parameters.ts';
import type { Random } from './random.ts';
import { type HiddenState, LIFE_EVENT_KINDS, type LifeEvent, type LifeEventKind, type Traits } from './truth.ts';

/**
 * The hidden process: life events begin by chance, grow, and pass; stress follows them slowly and with noise. It reads nothing
 * of the customer's money, so an oracle can continue it from any day on a stream of its own.
 */

export function initialHidden(traits: Traits): HiddenState {
  return { day: traits.joinDay - 1, stress: traits.everydayStress, events: [] };
}

/** The state at the end of the next day. */
export function nextHidden(state: HiddenState, traits: Traits, p: BankParameters, random: Random): HiddenState {
  const day = state.day + 1;
  const events = state.events.filter((event) => day < endOf(event, p));
  const begun = beginEvent(events, day, traits, p, random);
  if (begun !== null) events.push(begun);
  const target = traits.everydayStress + pressureOf(events, day, p);
  const moved = state.stress + (target - state.stress) * p.stress.pullPerDay + p.stress.noisePerDay * random.normal();
  return { day, stress: Math.max(0, moved), events };
}

/** How strongly an event is felt on a day, 0-1. */
export function intensityOf(event: LifeEvent, day: number): number {
  const age = day - event.startDay;
  if (age < event.rampDays) return smooth(age / event.rampDays);
  const declining = age - event.rampDays - event.plateauDays;
  return declining <= 0 ? 1 : 1 - smooth(declining / event.recoveryDays);
}

/** Severity times intensity of a kind, over the events of the state. */
export function effectOf(state: HiddenState, kind: LifeEventKind): number {
  let sum = 0;
  for (const event of state.events) if (event.kind === kind) sum += event.severity * intensityOf(event, state.day);
  return sum;
}

/** What the events of a state do to one side of life, all together; in the unit of the effect. */
export function effectOn(state: HiddenState, p: BankParameters, effect: Effect): number {
  let sum = 0;
  for (const event of state.events) {
    const strength = p.effects[event.kind][effect];
    if (strength !== 0) sum += strength * event.severity * intensityOf(event, state.day);
  }
  return sum;
}

/** The sides of life that an event shows in; what each number means stands where it is used. */
export type Effect = keyof BankParameters['effects']['job_loss'];

/** What the events of a state weigh on a day: where stress is drawn to, beside its everyday level. */
export function pressureOf(events: readonly LifeEvent[], day: number, p: BankParameters): number {
  let sum = 0;
  for (const event of events) sum += pressureOfOne(event, day, p);
  return sum;
}

/** Reserves, help and credit carry a customer for some weeks: payments feel an event later than everyday life does. */
export function pressureOfOne(event: LifeEvent, day: number, p: BankParameters): number {
  return p.events.stressWeight[event.kind] * event.severity * intensityOf(event, day - p.events.reserveDays);
}

/** The day on which an event begins to pass. */
export function recoveryDayOf(event: LifeEvent): number {
  return event.startDay + event.rampDays + event.plateauDays;
}

/** The first day on which nothing of it is felt. */
export function endOf(event: LifeEvent, p: BankParameters): number {
  return recoveryDayOf(event) + event.recoveryDays + p.events.reserveDays;
}

/** At most two events at a time, and one of a kind. */
function beginEvent(
  active: readonly LifeEvent[],
  day: number,
  traits: Traits,
  p: BankParameters,
  random: Random,
): LifeEvent | null {
  const rates = LIFE_EVENT_KINDS.map((kind) => (active.some((e) => e.kind === kind) ? 0 : p.events.annualRate[kind]));
  const daily = (traits.proneness * rates.reduce((sum, rate) => sum + rate, 0)) / 365;
  if (!random.chance(daily) || active.length >= 2) return null;
  return drawEvent(LIFE_EVENT_KINDS[random.weighted(rates)] as LifeEventKind, day, p, random);
}

/** An event of a kind that begins on a day: many are light and pass without a miss, the others are grave. */
export function drawEvent(kind: LifeEventKind, startDay: number, p: BankParameters, random: Random): LifeEvent {
  const { graveShare, severity, rampDays, plateauDays, recoveryDays } = p.events;
  const { low, high } = random.chance(graveShare) ? severity.grave : severity.light;
  return {
    kind,
    startDay,
    severity: random.between(low, high),
    rampDays: random.integer(rampDays.low, rampDays.high),
    plateauDays: random.integer(plateauDays.low, plateauDays.high),
    recoveryDays: random.integer(recoveryDays.low, recoveryDays.high),
  };
}

function smooth(x: number): number {
  return x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x);
}
