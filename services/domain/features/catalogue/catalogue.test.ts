import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../catalogue.ts';
import { customerText } from '../reason-text.ts';
import { REASON_CODES } from './codes.ts';
import { LEVERS } from './levers.ts';

/** Values in a feature's range, its ends included; unbounded ones over the sizes that occur. */
function valuesOf({ min, max, unit }: (typeof CATALOGUE)[number]): fc.Arbitrary<number> {
  const large = unit.startsWith('log10') ? 6 : 1e5;
  const [low, high] = [min ?? -large, max ?? large];
  return fc.oneof(
    fc.constantFrom(low, high, 0, 1).filter((v) => v >= low && v <= high),
    fc.double({ min: low, max: high, noNaN: true }),
  );
}

describe('reason codes', () => {
  test('are one a feature, distinct, of its group', () => {
    const codes = CATALOGUE.map(({ code }) => code);
    expect(new Set(codes).size).toBe(CATALOGUE.length);
    for (const code of codes) expect(code).toMatch(/^[A-Z]{3}-\d{2}$/);
    const prefixes = new Map(CATALOGUE.map(({ group, code }) => [group, code.slice(0, 3)]));
    for (const { group, code } of CATALOGUE) expect(code.slice(0, 3)).toBe(prefixes.get(group));
  });

  test('never change: what was once given stays', () => {
    expect(REASON_CODES).toMatchObject({
      salary_delay_days: 'SAL-01',
      payment_undershoot_pct_30d: 'PAY-06',
      cash_share_30d: 'CSH-03',
      balance_now: 'LIQ-01',
      history_days: 'LIQ-17',
    });
    expect(new Set(Object.values(REASON_CODES)).size).toBe(Object.keys(REASON_CODES).length);
  });
});

/** What no customer may read as a reason: protected attributes and their proxies, health, gambling, blame, threats. */
const UNSAFE =
  /\b(age|aged|old|young|sex|gender|male|female|man|woman|marital|married|divorc\w*|child\w*|pregnan\w*|nationalit\w*|ethnic\w*|race|religio\w*|disab\w*|postcode|neighbou?rhood|health|medic\w*|doctor|pharmac\w*|hospital|gambl\w*|casino|bett?ing|lotter\w*|union|politic\w*|fault|blame|fail\w*|irresponsibl\w*|careless\w*|bad|poor\w*|risk\w*|default\w*|debt\w*|must|warn\w*|threat\w*|score\w*|probab\w*)\b/i;

describe('what a customer may read', () => {
  test('names no protected attribute, no health, no gambling, no blame, no figure, whatever the value', () => {
    for (const feature of CATALOGUE) {
      fc.assert(
        fc.property(valuesOf(feature), (value) => {
          const words = feature.customer(value);
          expect(words).toMatch(/^[A-Z][^.!?]*$/);
          expect(words).not.toMatch(UNSAFE);
          expect(words).not.toMatch(/\d/);
        }),
        { numRuns: 30, seed: 51 },
      );
    }
    for (const { customer } of Object.values(LEVERS)) {
      expect(customer).not.toMatch(UNSAFE);
      expect(customer).toMatch(/^[A-Z][^.!?\d]*$/);
    }
  });

  test('is nothing where the value is not known', () => {
    for (const { name } of CATALOGUE) expect(customerText(name, Number.NaN)).toBeNull();
    expect(customerText('not_in_the_catalogue', 1)).toBeNull();
  });
});

test('an officer is told each value in words, and neither health nor gambling by name', () => {
  for (const feature of CATALOGUE) {
    fc.assert(
      fc.property(valuesOf(feature), (value) => {
        expect(feature.officer(value)).toMatch(/^\S.{5,}$/);
        expect(feature.officer(value)).not.toMatch(/NaN|undefined|Infinity|e[+-]\d|gambl|health|medic/i);
      }),
      { numRuns: 30, seed: 52 },
    );
  }
});

describe('levers', () => {
  test.each(Object.entries(LEVERS))('%s leads away from the risk, in steps, within its range', (name, lever) => {
    const feature = CATALOGUE.find((definition) => definition.name === name);
    expect(feature?.lever).toBe(feature?.riskDirection === 0 ? null : lever);
    expect([-lever.towards, 0]).toContain(feature!.riskDirection);
    expect(lever.step).toBeGreaterThan(0);
    expect(lever.reach).toBeGreaterThanOrEqual(lever.step);
    if (lever.bound !== null) expect(lever.bound).toBeGreaterThanOrEqual(feature!.min ?? Number.NEGATIVE_INFINITY);
  });

  test('are nothing that a customer cannot or should not change', () => {
    const fixed = /income|salary|history|essential|drop|drawdown|inactive|diversity|time_of_day|stress|anomaly/;
    const allowed = ['bill_payment_count_drop_30d'];
    expect(Object.keys(LEVERS).filter((name) => fixed.test(name))).toEqual(allowed);
  });
});

test('what has no direction of risk says why, each for itself; what has one does not', () => {
  const undirected = CATALOGUE.filter(({ riskDirection }) => riskDirection === 0);
  for (const { noDirection } of undirected) expect(noDirection).toMatch(/^[A-Z].{20,}\.$/);
  const directed = CATALOGUE.filter(({ riskDirection }) => riskDirection !== 0);
  expect(directed.filter((feature) => 'noDirection' in feature)).toEqual([]);
  expect(undirected.map(({ name }) => name)).toContain('payment_timing_shift_days');
});
