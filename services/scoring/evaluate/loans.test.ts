import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDay } from '../../domain/calendar/days.ts';
import { foldOf } from '../../domain/evaluation/folds.ts';
import { LOAN_FEATURE_NAMES } from '../../domain/features/loan/catalogue.ts';
import { type Forest, forestMargin, parseForest } from '../../domain/scoring/forest.ts';
import { CATALOGUE_NAMES } from '../model/catalogue-names.ts';
import { loadModel } from '../model/load.ts';
import { crossFitOf, type FoldsDocument, readCrossFit } from './cross-fit.ts';
import { LOAN_CATALOGUE, score, scoresFile } from './loans.ts';
import { measureLoans } from './measure-loans.ts';

const FOLDS: FoldsDocument = {
  format: 'pde-folds/1',
  folds: 2,
  treesAFold: 1,
  firstGrant: '1995-01-01',
  lastGrant: '1996-12-31',
};

/** One tree a fold, over one input: below 0.5 the first leaf. */
function tree(low: number, high: number) {
  const inner = { feature: [0, -1, -1], left: [1, -1, -1], right: [2, -1, -1], defaultLeft: [1, 0, 0] };
  return { ...inner, value: [0.5, low, high], cover: [4, 2, 2] };
}

const INPUT = LOAN_FEATURE_NAMES[0]!;
const FOREST: Forest = parseForest({
  format: 'pde-forest/1',
  features: [INPUT],
  baseMargin: 0,
  trees: [tree(0.125, 0.25), tree(0.375, 0.5)],
});

/** A date of each fold, within the training period. */
const DATES = ['1995-03-01', '1995-03-02', '1995-03-03', '1995-03-04', '1995-03-05', '1995-03-06'];
const dateOfFold = (fold: number) => DATES.find((date) => foldOf(date, 2) === fold)!;

describe('a loan of the training period', () => {
  const crossFit = crossFitOf(FOREST, FOLDS);
  const row = Float32Array.of(1);

  test('is scored by the trees of its fold alone, which have not seen it', () => {
    expect(crossFit.outOfFoldMargin(row, 0, parseDay(dateOfFold(0))!)).toBe(2 * 0.25);
    expect(crossFit.outOfFoldMargin(row, 0, parseDay(dateOfFold(1))!)).toBe(2 * 0.5);
  });

  test('has a margin of the same scale as the whole forest’s, which is the mean over the folds', () => {
    const margins = [0, 1].map((fold) => crossFit.outOfFoldMargin(row, 0, parseDay(dateOfFold(fold))!)!);
    expect((margins[0]! + margins[1]!) / 2).toBe(forestMargin(FOREST, row, 0));
  });

  test('is one that was granted from the first to the last of its days, both included', () => {
    const isOutOfFold = (date: string) => crossFit.outOfFoldMargin(row, 0, parseDay(date)!) !== null;
    expect(['1994-12-31', '1995-01-01', '1996-12-31', '1997-01-01'].map(isOutOfFold)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('folds that do not fit the forest are refused', () => {
  test.each([
    [{ ...FOLDS, treesAFold: 2 }, 'tells of 2 x 2 trees, the forest has 2'],
    [{ ...FOLDS, format: 'pde-folds/0' as never }, 'is pde-folds/0'],
    [{ ...FOLDS, lastGrant: '1996-13-01' }, '1996-13-01 is no date'],
  ])('%o', (document, message) => {
    expect(() => crossFitOf(FOREST, document)).toThrow(message);
  });
});

describe('loans of both kinds in one table', () => {
  test('are scored out of fold where they may have been trained on, by all trees elsewhere, and counted', async () => {
    const values = Float32Array.of(0, 1, 1);
    const grantDays = Float64Array.of(parseDay(dateOfFold(0))!, parseDay(dateOfFold(1))!, parseDay('1997-06-01')!);
    const model = {
      manifest: { inputs: [INPUT] } as never,
      calibration: { kind: 'platt', slope: 1, intercept: 0 } as const,
      session: {
        margins: async (rows: Float32Array, count: number) =>
          Float32Array.from({ length: count }, (_, row) => forestMargin(FOREST, rows, row)),
        release: async () => {},
      } as never,
    };
    const { probabilities, outOfFold } = await score(model, crossFitOf(FOREST, FOLDS), {
      features: LOAN_FEATURE_NAMES.map(() => values),
      grantDays,
    });
    const logOdds = Array.from(probabilities, (p) => Math.log(p / (1 - p)));
    expect(logOdds.map((value) => value.toFixed(9))).toEqual(['0.250000000', '1.000000000', '0.750000000']);
    expect(outOfFold).toBe(2);
  });
});

describe('figures of loans', () => {
  const settings = { samples: 50, seed: 1 };
  const accounts = ['1', '2', '3', '4'];
  const probabilities = Float64Array.of(0.9, 0.1, 0.6, 0.2);

  test('are for all, and for those never overdrawn apart', () => {
    const figures = measureLoans(
      { accounts, labels: Float64Array.of(1, 0, 0, 1), probabilities, neverOverdrawn: [false, true, true, true] },
      settings,
    );
    // All: of the pairs (positive, negative) 0.9 beats both, 0.2 beats 0.1. Never overdrawn: 0.2 against 0.1 and 0.6.
    expect(figures).toMatchObject({ n: 4, positives: 2, auc: 0.75, never_overdrawn: { n: 3, positives: 1, auc: 0.5 } });
    expect(figures.brier).toBeCloseTo((0.01 + 0.01 + 0.36 + 0.64) / 4, 6);
    expect(figures.auc_ci![0]).toBeLessThanOrEqual(0.75);
  });

  test.each([
    [0, 'no loan ended badly'],
    [1, 'every loan ended badly'],
  ])('have no AUC where all labels are %i, and say why', (label, reason) => {
    const labels = new Float64Array(4).fill(label);
    const figures = measureLoans(
      { accounts, labels, probabilities, neverOverdrawn: [true, true, true, true] },
      settings,
    );
    expect(figures).toMatchObject({ auc: null, auc_ci: null, pr_auc: null, reason: expect.stringContaining(reason) });
    expect(figures.brier).toEqual(expect.any(Number));
  });

  test('have a never-overdrawn part even where it is empty', () => {
    const labels = Float64Array.of(1, 0, 0, 1);
    const neverOverdrawn = [false, false, false, false];
    const figures = measureLoans({ accounts, labels, probabilities, neverOverdrawn }, settings);
    expect(figures.never_overdrawn).toMatchObject({ n: 0, auc: null });
  });
});

test('the scores file has a line a loan, in the order of the loans', () => {
  expect(scoresFile(['17', '9'], Float64Array.of(0.25, 0.5))).toBe('account_id,probability\n17,0.25\n9,0.5\n');
});

describe('the shipped model of loans', () => {
  const shipped = join(import.meta.dirname, '..', '..', '..', 'models', 'berka', '1');

  test('holds its golden vectors, reads the whole loan catalogue and is never promotable', async () => {
    const model = await loadModel(shipped, LOAN_CATALOGUE, 0);
    try {
      expect(Math.max(...Object.values(model.goldenErrors))).toBeLessThan(1e-5);
      expect(model.manifest.inputs).toEqual(LOAN_FEATURE_NAMES);
      expect(model.manifest.promotable).toBe(false);
      const { period } = await readCrossFit(shipped, model.forest);
      expect(period).toEqual(['1993-07-05', '1996-12-27']);
    } finally {
      await model.release();
    }
  });

  test('is refused where live vectors are scored', async () => {
    await expect(loadModel(shipped, CATALOGUE_NAMES, 0)).rejects.toThrow(/binding check/);
  });
});
