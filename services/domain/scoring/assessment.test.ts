import { describe, expect, test } from 'vitest';
import { assess, type Explained } from './assessment.ts';
import { bindInputs, gatherInputs, scatterContributions } from './binding.ts';
import { parseScoringPolicy } from './policy.ts';
import { reasonsOf } from './reasons.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const PLAIN = { kind: 'platt', slope: 1, intercept: 0 } as const;
const POLICY = { version: '1', actionProbability: 0.1 };

function explained(margin: number): Explained {
  return {
    values: Float64Array.of(1, Number.NaN, 3, 4, 5),
    contributions: Float64Array.of(0.5, 0.25, -1, 0.5, 0.75),
    baseValue: -3,
    margin,
  };
}

describe('an assessment', () => {
  test('carries probability, score, level and what is known', () => {
    const outcome = assess(NAMES, explained(-2), PLAIN, POLICY);
    expect(outcome).toMatchObject({
      kind: 'scored',
      assessment: { probability: 1 / (1 + Math.exp(2)), riskLevel: 'HIGH', featuresKnown: 4 },
    });
  });

  test('is refused where margin and explanation disagree by more than 1e-4 (I7)', () => {
    expect(assess(NAMES, explained(-2.00009), PLAIN, POLICY).kind).toBe('scored');
    expect(assess(NAMES, explained(-2.25), PLAIN, POLICY)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/they differ by 0\.25/),
    });
    expect(assess(NAMES, explained(Number.NaN), PLAIN, POLICY).kind).toBe('refused');
  });
});

describe('reasons', () => {
  test('are the three largest that raise the risk, ties in the order of the catalogue, the rest as one sum', () => {
    const { values, contributions } = explained(0);
    expect(reasonsOf(NAMES, values, contributions)).toEqual({
      top: [
        { name: 'e', value: 5, contribution: 0.75 },
        { name: 'a', value: 1, contribution: 0.5 },
        { name: 'd', value: 4, contribution: 0.5 },
      ],
      rest: -0.75,
    });
  });

  test('never name what lowers the risk or does nothing', () => {
    const { top, rest } = reasonsOf(NAMES, new Float64Array(5), Float64Array.of(0, -1, 0, 0.125, -2));
    expect(top.map((reason) => reason.name)).toEqual(['d']);
    expect(rest).toBe(-3);
  });
});

describe('binding by name', () => {
  test('gathers inputs from the catalogue and scatters contributions back, 0 where there is no input', () => {
    const binding = bindInputs(['d', 'b'], NAMES);
    const block = new Float32Array(4);
    gatherInputs(binding, Float64Array.of(1, Number.NaN, 3, 4, 5), block, 1);
    expect([...block]).toEqual([0, 0, 4, Number.NaN]);
    expect([...scatterContributions(binding, Float64Array.of(0, 0, 7, 8), 1)]).toEqual([0, 8, 0, 7, 0]);
  });

  test('names the inputs that the catalogue lacks', () => {
    expect(() => bindInputs(['a', 'x', 'y'], NAMES)).toThrow('the feature catalogue has no x, y');
    expect(() => bindInputs(['a', 'a'], NAMES)).toThrow('named twice');
  });
});

describe('the scoring policy', () => {
  test('is data with a version', () => expect(parseScoringPolicy(POLICY)).toEqual(POLICY));

  test.each([0, 1, Number.NaN, '0.1', undefined])('refuses the action point %s', (actionProbability) => {
    expect(() => parseScoringPolicy({ version: '1', actionProbability })).toThrow(/actionProbability is/);
  });

  test('refuses a policy without a version', () => {
    expect(() => parseScoringPolicy({ actionProbability: 0.1 })).toThrow('version is not a name');
  });
});
