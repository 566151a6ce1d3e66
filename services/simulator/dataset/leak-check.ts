import { observeAsOf, profileAt } from '../../domain/features/as-of.ts';
import { CATALOGUE } from '../../domain/features/catalogue.ts';
import type { Observation } from '../../domain/features/types.ts';
import { childKey, type Random, randomOf, rootKey } from '../../domain/synthetic-bank/random.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import type { TablePlan } from './plan.ts';

/** A vector knows something that was learned after t; the message names customer, t and feature. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
}

/** Computes some vectors of a customer a second time, with everything taken away that was learned after t. */
export interface LeakCheck {
  /** How many were computed again. */
  readonly rows: number;
  /** @throws LeakError where a vector, or whether the customer is eligible, changes */
  look(tMs: number, observation: Observation): void;
}

/** Which rows are taken depends on seed, customer and their order only. */
export function createLeakCheck({ seed, currency, leakShare }: TablePlan, history: CustomerHistory): LeakCheck {
  const random: Random = randomOf(childKey(childKey(rootKey(seed), 'leak-check'), history.customerId));
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    look(tMs, observation) {
      if (random.uniform() >= leakShare) return;
      rows++;
      const known = history.rows.filter((row) => row.bookedMs <= tMs);
      const profiles = history.profiles.filter((profile) => profile.effectiveMs <= tMs);
      const again = observeAsOf(currency, known, profileAt(profiles, tMs), tMs);
      const difference = differenceOf(observation, again);
      if (difference === null) return;
      const where = `customer ${history.customerId} at ${new Date(tMs).toISOString()}`;
      throw new LeakError(`leak: ${where}: ${difference} without what was learned later`);
    },
  };
}

function differenceOf(observation: Observation, again: Observation | null): string | null {
  if (again === null) return 'there is a vector, and none';
  const { values, eligibility } = observation;
  const index = values.findIndex((value, i) => !Object.is(value, again.values[i]));
  if (index >= 0) return `feature ${CATALOGUE[index]?.name} is ${values[index]}, and ${again.values[index]}`;
  return eligibility === again.eligibility ? null : `it is ${eligibility}, and ${again.eligibility}`;
}
