import { drawEvent, endOf, pressureOfOne } from './hidden.ts';
import type { BankParameters } from './parameters.ts';
import type { Random } from './random.ts';
import { type HiddenState, LIFE_EVENT_KINDS, type LifeEvent, type LifeEventKind, type Traits } from './truth.ts';

/**
 * Continuations of the hidden process of hidden.ts, many and fast: the same law of events and stress, day by day, without the
 * objects. Two paths that follow each other share their events and have noise of opposite sign (antithetic), which halves the
 * draws and makes their mean more exact.
 */
export interface Futures {
  /** Stress on the days after the state's, [1...days]; [0] is the state's. Overwritten by the next call. */
  next(days: number): Float64Array;
}

/** Farther than any horizon. */
const MOST_DAYS = 128;

export function createFutures(p: BankParameters, traits: Traits, state: HiddenState, random: Random): Futures {
  const known = new Float64Array(MOST_DAYS);
  for (let k = 1; k < MOST_DAYS; k++) known[k] = traits.everydayStress + pressureAt(state.events, state.day + k, p);
  const target = new Float64Array(MOST_DAYS);
  const noise = new Float64Array(MOST_DAYS);
  const path = new Float64Array(MOST_DAYS);
  const begin = beginner(p, traits, state, random);
  let mirrored = false;
  const { pullPerDay, noisePerDay } = p.stress;
  return {
    next(days) {
      if (!mirrored) {
        target.set(known);
        begin(days, target);
        fillNormals(noise, days, random);
      }
      const scale = mirrored ? -noisePerDay : noisePerDay;
      mirrored = !mirrored;
      let stress = state.stress;
      path[0] = stress;
      for (let k = 1; k <= days; k++) {
        stress += ((target[k] as number) - stress) * pullPerDay + scale * (noise[k] as number);
        if (stress < 0) stress = 0;
        path[k] = stress;
      }
      return path;
    },
  };
}

function pressureAt(events: readonly LifeEvent[], day: number, p: BankParameters): number {
  let sum = 0;
  for (const event of events) {
    if (day < endOf(event, p)) sum += pressureOfOne(event, day, p);
  }
  return sum;
}

/** Standard normals into [1...days], by Box-Muller, both of each pair. */
function fillNormals(into: Float64Array, days: number, random: Random): void {
  for (let k = 1; k <= days; k += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    into[k] = radius * Math.cos(angle);
    into[k + 1] = radius * Math.sin(angle);
  }
}

/**
 * Adds the events that begin by chance to the targets. Days of candidates come at the rate of all kinds together; one whose kind
 * goes on already, or that would be a third, does not begin. That is the law of hidden.ts: there a kind in force has rate 0.
 */
function beginner(p: BankParameters, traits: Traits, state: HiddenState, random: Random) {
  const rates = LIFE_EVENT_KINDS.map((kind) => p.events.annualRate[kind]);
  const daily = (traits.proneness * rates.reduce((sum, rate) => sum + rate, 0)) / 365;
  return (days: number, target: Float64Array): void => {
    if (daily <= 0) return;
    let begun: LifeEvent[] | null = null;
    for (let k = 1 + gapOf(daily, random); k <= days; k += 1 + gapOf(daily, random)) {
      const kind = LIFE_EVENT_KINDS[random.weighted(rates)] as LifeEventKind;
      const day = state.day + k;
      const active = [...state.events, ...(begun ?? [])].filter((event) => day < endOf(event, p));
      if (active.length >= 2 || active.some((event) => event.kind === kind)) continue;
      const event = drawEvent(kind, day, p, random);
      begun = [...(begun ?? []), event];
      for (let later = k; later <= days; later++) {
        target[later] = (target[later] as number) + pressureOfOne(event, state.day + later, p);
      }
    }
  };
}

/** Days that pass before one on which something of this daily chance happens, 0 or more (geometric). */
function gapOf(daily: number, random: Random): number {
  return daily >= 1 ? 0 : Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - daily));
}
