import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../calendar/days.ts';
import { profileAt } from '../features/as-of.ts';
import { missLabelAt } from '../obligations/label.ts';
import { customerKey, endDayOf, generateCustomer, hiddenAt } from './generate.ts';
import { nextHidden } from './hidden.ts';
import { createFutures } from './hidden-futures.ts';
import { createOracle } from './oracle.ts';
import { DEFAULT_PARAMETERS as p } from './parameters.ts';
import { childKey, randomOf, rootKey } from './random.ts';

const MONTHS = 20;
const SEED = 13;

/** The oracle and the label of one customer, once a month while the label can be known. */
function seenOf(index: number, continuations: number): { readonly chance: number; readonly label: 0 | 1 }[] {
  const { truth, profiles, rows } = generateCustomer(p, { seed: SEED, index, months: MONTHS });
  const oracle = createOracle(p, truth, customerKey(SEED, index), continuations);
  const seen = [];
  for (let day = truth.traits.joinDay + 40; day < endDayOf(p, MONTHS) - 76; day += 30) {
    const atMs = day * DAY_MS + DAY_MS / 2;
    const profile = profileAt(profiles, atMs);
    const { label } = missLabelAt(profile, rows, atMs);
    if (label !== null) seen.push({ chance: oracle.at(profile, atMs), label });
  }
  return seen;
}

describe('the oracle', () => {
  const seen = Array.from({ length: 220 }, (_, index) => seenOf(index, 64)).flat();
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

  it('is a chance, and as high as often it is so: over all rows, and among the low and the high', () => {
    expect(seen.length).toBeGreaterThan(2_000);
    for (const { chance } of seen) expect(chance >= 0 && chance <= 1).toBe(true);
    const inOrder = [...seen].sort((a, b) => a.chance - b.chance);
    const cut = Math.floor(0.9 * seen.length);
    for (const part of [seen, inOrder.slice(0, cut), inOrder.slice(cut)]) {
      const expected = sum(part.map(({ chance }) => chance));
      const variance = sum(part.map(({ chance }) => chance * (1 - chance)));
      const observed = sum(part.map(({ label }) => label));
      // Rows of a customer hang together: wider than independent draws would allow.
      expect(Math.abs(observed - expected)).toBeLessThan(6 * Math.sqrt(variance));
    }
  });

  it('says the same whenever it is asked, and with more continuations nearly the same', () => {
    expect(seenOf(5, 64)).toEqual(seenOf(5, 64));
    const [few, many] = [seenOf(8, 64), seenOf(8, 4096)];
    for (const [i, { chance }] of few.entries()) {
      expect(Math.abs(chance - (many[i]?.chance ?? Number.NaN))).toBeLessThan(0.05);
    }
  });

  it('knows nothing of what comes: with all that was withheld later taken away it says the same', () => {
    const { truth, profiles } = generateCustomer(p, { seed: SEED, index: 3, months: MONTHS });
    const day = truth.traits.joinDay + 200;
    const atMs = day * DAY_MS + DAY_MS / 2;
    const past = { ...truth, withholdings: truth.withholdings.filter((one) => one.decidedDay <= day), dues: [] };
    const at = (known: typeof truth): number =>
      createOracle(p, known, customerKey(SEED, 3), 64).at(profileAt(profiles, atMs), atMs);
    expect(at(past)).toBe(at(truth));
  });
});

describe('continuations', () => {
  it('follow the law of the hidden process: mean and spread of stress after 90 days', () => {
    const { truth } = generateCustomer(p, { seed: SEED, index: 2, months: 3 });
    const { traits } = truth;
    const prone = { ...traits, proneness: 25 };
    const state = hiddenAt(p, prone, customerKey(SEED, 2), traits.joinDay + 60);
    const paths = 1_500;
    const key = childKey(rootKey(77), 'law');
    const slow = Array.from({ length: paths }, (_, i) => {
      let hidden = state;
      for (let k = 0; k < 90; k++) hidden = nextHidden(hidden, prone, p, randomOf(childKey(childKey(key, i), k)));
      return hidden.stress;
    });
    const futures = createFutures(p, prone, state, randomOf(childKey(key, 'fast')));
    const fast = Array.from({ length: paths }, () => futures.next(90)[90] ?? Number.NaN);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const sd = (values: readonly number[]): number => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
    // Pairs of paths share their events: half as many are independent.
    const error = sd(slow) * Math.sqrt(1 / paths + 2 / paths);
    expect(sd(slow)).toBeGreaterThan(0.05);
    expect(Math.abs(mean(fast) - mean(slow))).toBeLessThan(4.5 * error);
    expect(sd(fast) / sd(slow)).toBeGreaterThan(0.85);
    expect(sd(fast) / sd(slow)).toBeLessThan(1.18);
  });
});
