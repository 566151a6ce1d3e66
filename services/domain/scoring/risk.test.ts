import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { probabilityOf, riskLevel, riskRank, riskScore, summarise } from './risk.ts';

const probability = fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true });

describe('risk score', () => {
  test('is 0.5 at the action point, exactly', () => expect(riskScore(0.1, 0.1)).toBe(0.5));

  test.each([
    [0.206, 0.7],
    [0.1, 0.5],
    [0.0455, 0.3],
  ])('at p_H = 10 %% a probability of %d scores about %d', (p, score) => {
    expect(riskScore(p, 0.1)).toBeCloseTo(score, 2);
  });

  test('rises with the probability and can be turned back', () => {
    fc.assert(
      fc.property(probability, probability, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (a, b, action) => {
        if (a < b) expect(riskScore(a, action)).toBeLessThanOrEqual(riskScore(b, action));
        expect(probabilityOf(riskScore(a, action), action)).toBeCloseTo(a, 9);
      }),
    );
  });
});

describe('risk level', () => {
  test.each([
    [0, 'LOW'],
    [0.2999, 'LOW'],
    [0.3, 'MEDIUM'],
    [0.4999, 'MEDIUM'],
    [0.5, 'HIGH'],
    [0.6999, 'HIGH'],
    [0.7, 'CRITICAL'],
    [1, 'CRITICAL'],
  ] as const)('%d is %s', (score, level) => expect(riskLevel(score)).toBe(level));

  test('ranks rise from LOW', () => {
    expect((['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const).map(riskRank)).toEqual([0, 1, 2, 3]);
  });
});

describe('the summary speaks of people, not of a score', () => {
  test.each([
    [0.0001, 'fewer than 1 in 100 like this miss a payment'],
    [0.0049, 'fewer than 1 in 100 like this miss a payment'],
    [0.006, 'about 1 in 100 like this miss a payment'],
    [0.142, 'about 14 in 100 like this miss a payment'],
    [0.9949, 'about 99 in 100 like this miss a payment'],
    [0.999, 'more than 99 in 100 like this miss a payment'],
  ])('%d: %s', (p, sentence) => expect(summarise(p)).toBe(sentence));
});
