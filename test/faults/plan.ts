/** The seeded part of the matrix: case and seed give the exact faults, and the seed of a run gives the short selection. */
import { childKey, type Random, randomOf, rootKey } from '../../services/domain/synthetic-bank/random.ts';
import { CASES } from './cases.ts';
import type { Family, Fault, FaultCase, Instant, Range } from './fault.ts';

export type PlannedInstant = { readonly share: number } | { readonly afterMs: number };

/** A fault of a case with every range chosen. */
export type Planned<F extends Fault = Fault> = F extends Fault ? { readonly [K in keyof F]: Chosen<F[K]> } : never;
export type PlannedFault = Planned;

type Chosen<V> = V extends Range ? number : V extends Instant ? PlannedInstant : V;

/** The faults of a case under a seed: always the same. */
export function planOf(each: FaultCase, seed: number): readonly PlannedFault[] {
  const random = randomOf(childKey(rootKey(seed), each.name));
  return each.faults.map((fault) => planFault(fault, random));
}

function planFault(fault: Fault, random: Random): PlannedFault {
  switch (fault.kind) {
    case 'point': {
      const { forMs, ...rest } = fault;
      const nth = random.integer(...fault.nth);
      return { ...rest, nth, ...(forMs === undefined ? {} : { forMs: random.integer(...forMs) }) };
    }
    case 'signal':
    case 'clock':
      return { ...fault, when: planInstant(fault.when, random) };
    case 'pause':
    case 'link':
    case 'lock':
    case 'disk':
      return { ...fault, when: planInstant(fault.when, random), forMs: random.integer(...fault.forMs) };
  }
}

function planInstant(when: Instant, random: Random): PlannedInstant {
  if ('afterMs' in when) return { afterMs: random.integer(...when.afterMs) };
  // In thousandths, so that what is printed is all there is.
  const [low, high]: Range = when.share;
  return { share: random.integer(Math.round(low * 1000), Math.round(high * 1000)) / 1000 };
}

/** Families of which a run without --all takes a case; about half a minute each. */
const SHORT: readonly Family[] = ['point', 'kill', 'term', 'part', 'zombie', 'rebalance', 'storm', 'hole'];

/** A case of each of these families, chosen by the seed, in the table's order. */
export function shortSelection(seed: number): readonly FaultCase[] {
  const chosen = SHORT.map((family) => oneOf(family, seed));
  return CASES.filter((each) => chosen.includes(each));
}

/** A case of every family, chosen by the seed: for the runs on a large bank. */
export function oneOfEachFamily(seed: number): readonly FaultCase[] {
  const families = new Set(CASES.map(({ family }) => family));
  const chosen = [...families].map((family) => oneOf(family, seed));
  return CASES.filter((each) => chosen.includes(each));
}

function oneOf(family: Family, seed: number): FaultCase {
  const cases = CASES.filter((each) => each.family === family);
  const random = randomOf(childKey(childKey(rootKey(seed), 'short'), family));
  return cases[random.integer(0, cases.length - 1)]!;
}

/** A planned fault in a few words. */
export function describeFault(fault: PlannedFault): string {
  switch (fault.kind) {
    case 'point': {
      const at = `at ${fault.point}@${fault.nth}`;
      const target = fault.or === undefined ? fault.target : `${fault.target} or ${fault.or}`;
      return fault.forMs === undefined ? `${target} kill -9 ${at}` : `${target} SIGSTOP ${at} for ${fault.forMs} ms`;
    }
    case 'signal':
      return `${fault.target} ${fault.signal} ${describeInstant(fault.when)}`;
    case 'pause':
      return `${fault.target} SIGSTOP ${describeInstant(fault.when)} for ${fault.forMs} ms`;
    case 'link':
      return `${fault.link} ${fault.disturbance} ${describeInstant(fault.when)} for ${fault.forMs} ms`;
    case 'lock':
      return `${fault.table} locked ${describeInstant(fault.when)} for ${fault.forMs} ms`;
    case 'disk':
      return `${fault.part}'s disk full ${describeInstant(fault.when)} for ${fault.forMs} ms`;
    case 'clock':
      return `${fault.target}'s clock ${fault.offsetMs > 0 ? '+' : ''}${fault.offsetMs / 1000} s ${describeInstant(fault.when)}`;
  }
}

function describeInstant(when: PlannedInstant): string {
  return 'share' in when ? `at ${(when.share * 100).toFixed(1)} %` : `${when.afterMs} ms later`;
}
