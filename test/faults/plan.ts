/** The seeded part of the matrix: case and seed give the exact faults, and the seed of a run gives the short selection. */
import { childKey, type Random, randomOf, rootKey } from '../../services/domain/synthetic-bank/random.ts';
import { CASES, type Family, type Fault, type FaultCase, type Instant, type Range, type Target } from './cases.ts';

export type PlannedInstant = { readonly share: number } | { readonly afterMs: number };

export type PlannedFault =
  | { readonly kind: 'point'; readonly target: Target; readonly point: string; readonly nth: number }
  | {
      readonly kind: 'signal';
      readonly target: Target;
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly when: PlannedInstant;
    }
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: number; readonly when: PlannedInstant };

/** The faults of a case under a seed: always the same. */
export function planOf(each: FaultCase, seed: number): readonly PlannedFault[] {
  const random = randomOf(childKey(rootKey(seed), each.name));
  return each.faults.map((fault) => planFault(fault, random));
}

function planFault(fault: Fault, random: Random): PlannedFault {
  if (fault.kind === 'point') return { ...fault, nth: random.integer(...fault.nth) };
  const when = planInstant(fault.when, random);
  if (fault.kind === 'signal') return { ...fault, when };
  return { ...fault, when, forMs: random.integer(...fault.forMs) };
}

function planInstant(when: Instant, random: Random): PlannedInstant {
  if ('afterMs' in when) return { afterMs: random.integer(...when.afterMs) };
  // In thousandths, so that what is printed is all there is.
  const [low, high]: Range = when.share;
  return { share: random.integer(Math.round(low * 1000), Math.round(high * 1000)) / 1000 };
}

/** How many cases of each family a run without --all takes. */
const SHORT: Readonly<Record<Family, number>> = {
  point: 2,
  kill: 1,
  term: 1,
  part: 1,
  zombie: 1,
  rebalance: 1,
  storm: 1,
};

/** A few cases of each family, chosen by the seed, in the table's order. */
export function shortSelection(seed: number): readonly FaultCase[] {
  const chosen = Object.entries(SHORT).flatMap(([family, count]) => {
    const random = randomOf(childKey(childKey(rootKey(seed), 'short'), family));
    const left = CASES.filter((each) => each.family === family);
    return Array.from({ length: count }, () => left.splice(random.integer(0, left.length - 1), 1)).flat();
  });
  return CASES.filter((each) => chosen.includes(each));
}

/** A planned fault in a few words. */
export function describeFault(fault: PlannedFault): string {
  if (fault.kind === 'point') return `${fault.target} kill -9 at ${fault.point}@${fault.nth}`;
  const when = 'share' in fault.when ? `at ${(fault.when.share * 100).toFixed(1)} %` : `${fault.when.afterMs} ms later`;
  if (fault.kind === 'signal') return `${fault.target} ${fault.signal} ${when}`;
  return `${fault.target} SIGSTOP ${when} for ${fault.forMs} ms`;
}
