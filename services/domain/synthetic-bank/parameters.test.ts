import { expect, test } from 'vitest';
import disparity from './parameters.disparity.json' with { type: 'json' };
import shift from './parameters.shift.json' with { type: 'json' };
import { type BankParameters, DEFAULT_PARAMETERS, parameterProblems } from './parameters.ts';

test('the shipped parameters make banks', () => {
  const all: readonly BankParameters[] = [DEFAULT_PARAMETERS, shift, disparity];
  expect(all.map((p) => p.name)).toEqual(['default', 'shift', 'disparity']);
  expect(all.flatMap(parameterProblems)).toEqual([]);
});

test('in the default bank the groups are alike; the second bank differs from it in nothing else', () => {
  const { A, B } = DEFAULT_PARAMETERS.population.groups;
  expect({ ...A, share: 0 }).toEqual({ ...B, share: 0 });
  expect(A.share + B.share).toBe(1);
  const { groups } = DEFAULT_PARAMETERS.population;
  expect({ ...disparity, name: 'default', population: { ...disparity.population, groups } }).toEqual(
    DEFAULT_PARAMETERS,
  );
  expect(disparity.population.groups).not.toEqual(groups);
});

test('what cannot be is named by its path', () => {
  const p = DEFAULT_PARAMETERS;
  const broken = {
    ...p,
    population: { ...p.population, forgetfulShare: 1.2, incomeSigma: Number.NaN },
    pay: { ...p.pay, leaveDays: { low: 9, high: 3 } },
    stress: { ...p.stress, noisePerDay: -1 },
  };
  expect(parameterProblems(broken)).toEqual([
    'population.incomeSigma is no finite number',
    'population.forgetfulShare is a share over 1',
    'pay.leaveDays: low is over high',
    'stress.noisePerDay is below 0',
  ]);
});
