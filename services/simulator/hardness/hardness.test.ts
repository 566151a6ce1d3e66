import { describe, expect, test } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../domain/synthetic-bank/parameters.ts';
import { expectedAuc, hardnessProblems, measureHardness } from './measure.ts';
import { hardnessRows } from './rows.ts';

// One sample for all: some 21,000 rows, in which a feature's share of the lift is known to about 0.01. Other errors: hardnessProblems and below.
const rows = hardnessRows(DEFAULT_PARAMETERS, { seed: 71, customers: 1200, months: 24, continuations: 64 });
const measured = measureHardness(rows, 71);

describe('the default bank is fair and hard', () => {
  test('by every check of the shipped command', () => {
    expect(hardnessProblems(measured)).toEqual([]);
  });

  test('the oracle means what it says, and beats every feature', () => {
    // Tenths by chance: within 5 standard errors of what the oracle expects.
    for (const { rows: n, expected, observed } of measured.reliability) {
      expect(Math.abs(observed - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / n) + 1e-3);
    }
    expect(measured.oracleExpectedAuc - measured.singles[0]!.auc).toBeGreaterThan(0.1);
    expect(Math.abs(measured.oracleAuc - measured.oracleExpectedAuc)).toBeLessThan(0.05);
  });

  test('a sample that ids could tell is found out', () => {
    const ever = new Set([...rows.customers].filter((_, row) => rows.labels[row] === 1));
    const telling = Float64Array.from({ length: rows.customerCount }, (_, customer) => (ever.has(customer) ? 1 : 0));
    const found = hardnessProblems(measureHardness({ ...rows, clues: new Map([['planted', telling]]) }, 71));
    expect(found).toEqual(['planted tells who misses: 1.0000']);
  });

  test('a feature that knows too much is found out', () => {
    const features = new Map([...rows.features, ['leak', rows.chances]]);
    expect(hardnessProblems(measureHardness({ ...rows, features }, 71)).join()).toContain('leak alone has 1.000');
  });
});

test('the expected AUC: of chances 1 and 0 the one above the other is 1, of equal scores it is a half', () => {
  const chances = Float64Array.of(0, 1, 0, 1);
  expect(expectedAuc(Float64Array.of(1, 2, 1, 3), chances)).toBe(1);
  expect(expectedAuc(Float64Array.of(5, 5, 5, 5), chances)).toBe(0.5);
});
