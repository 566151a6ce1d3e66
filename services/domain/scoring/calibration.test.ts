import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate, InvalidCalibrationError, parseCalibration } from './calibration.ts';

const isotonic = parseCalibration({ kind: 'isotonic', margins: [-2, 0, 1], logOdds: [-3, -1, 0] });

describe('calibration', () => {
  test('platt: log-odds are linear in the margin', () => {
    const platt = parseCalibration({ kind: 'platt', slope: 2, intercept: -1 });
    expect(calibrate(platt, 0.5)).toBe(0.5);
    expect(calibrate(platt, 1)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  test('isotonic: linear between points, slope 1 outside of them', () => {
    const logOdds = (margin: number) => Math.log(1 / (1 / calibrate(isotonic, margin) - 1));
    expect(logOdds(-1)).toBeCloseTo(-2, 12);
    expect(logOdds(0.5)).toBeCloseTo(-0.5, 12);
    expect(logOdds(-4)).toBeCloseTo(-5, 12);
    expect(logOdds(3)).toBeCloseTo(2, 12);
  });

  test('rises strictly, so that order by margin is order by probability', () => {
    const margin = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(margin, margin, (a, b) => {
        fc.pre(b - a > 1e-6);
        expect(calibrate(isotonic, a)).toBeLessThan(calibrate(isotonic, b));
      }),
    );
  });

  test('never says certainly', () => {
    expect(calibrate(isotonic, 1e6)).toBeLessThan(1);
    expect(calibrate(isotonic, -1e6)).toBeGreaterThan(0);
  });

  test.each<[string, unknown, RegExp]>([
    ['a falling slope', { kind: 'platt', slope: -1, intercept: 0 }, /slope is -1/],
    ['margins that do not rise', { kind: 'isotonic', margins: [0, 0], logOdds: [0, 1] }, /strictly rising/],
    ['a single point', { kind: 'isotonic', margins: [0], logOdds: [0] }, /2 or more pairs/],
    ['another kind', { kind: 'beta' }, /kind is beta/],
  ])('refuses %s', (_, document, message) => {
    expect(() => parseCalibration(document)).toThrow(InvalidCalibrationError);
    expect(() => parseCalibration(document)).toThrow(message);
  });
});
