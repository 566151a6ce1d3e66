import { auc } from '../../domain/evaluation/ranking.ts';
import { childKey, randomOf, rootKey } from '../../domain/synthetic-bank/random.ts';
import type { HardnessRows } from './rows.ts';
import { fitSum, scoreSum } from './sum-of-bins.ts';

/**
 * Whether a bank is fair and hard: what can be known at all, what one feature knows of it, what is learned from labels without
 * meaning, and what numbers without meaning know. A bank that fails says nothing about a model (`hardnessProblems`).
 */
export interface Hardness {
  readonly customers: number;
  readonly rows: number;
  readonly positives: number;
  readonly baseRate: number;
  /** Of the oracle on the labels as they fell, and expected over all labels that its chances could have given. */
  readonly oracleAuc: number;
  readonly oracleExpectedAuc: number;
  /** (positives - expected) / standard deviation of their number. */
  readonly oracleZ: number;
  /** Tenths of the rows by chance, lowest first. */
  readonly reliability: readonly { readonly rows: number; readonly expected: number; readonly observed: number }[];
  /** Each input alone, either way round, unknown below or above all, whichever serves it; best first. Expected AUC. */
  readonly singles: readonly { readonly feature: string; readonly auc: number; readonly shareOfLift: number }[];
  /** A simple sum over all inputs, fitted on half of the customers, on the others. */
  readonly sumAuc: number;
  /** The same fitted and tested on labels in random order, and the oracle on them; with the error of an AUC without any signal. */
  readonly permutedSumAuc: number;
  readonly permutedSumError: number;
  readonly permutedOracleAuc: number;
  readonly permutedOracleError: number;
  /** Of whether a customer ever has a positive row. */
  readonly clues: readonly { readonly clue: string; readonly auc: number }[];
  readonly clueError: number;
}

export function measureHardness(rows: HardnessRows, seed: number): Hardness {
  const { labels, chances, customers, features, customerCount } = rows;
  const positives = sumOf(labels);
  const lift = expectedAuc(chances, chances) - 0.5;
  const singles = [...features].map(([feature, values]) => {
    const best = bestAlone(values, chances);
    return { feature, auc: best, shareOfLift: (best - 0.5) / lift };
  });
  const columns = [...features.values()];
  const isFitted = (row: number): boolean => customers[row]! % 2 === 0;
  const fitted = indexes(labels.length, isFitted);
  const tested = indexes(labels.length, (row) => !isFitted(row));
  const permuted = shuffled(labels, seed);
  const sumOn = (target: Uint8Array): number => {
    const scores = scoreSum(fitSum(columns, target, fitted), columns, tested);
    return auc(
      scores,
      Uint8Array.from(tested, (row) => target[row]!),
    );
  };
  const ever = new Uint8Array(customerCount);
  labels.forEach((label, row) => {
    if (label === 1) ever[customers[row]!] = 1;
  });
  const clues = [...rows.clues].map(([clue, values]) => ({ clue, auc: auc(values, ever) }));
  return {
    customers: customerCount,
    rows: labels.length,
    positives,
    baseRate: positives / labels.length,
    oracleAuc: auc(chances, labels),
    oracleExpectedAuc: lift + 0.5,
    oracleZ: (positives - sumOf(chances)) / Math.sqrt(chances.reduce((sum, q) => sum + q * (1 - q), 0)),
    reliability: reliabilityOf(chances, labels),
    singles: singles.sort((a, b) => b.auc - a.auc),
    sumAuc: sumOn(labels),
    permutedSumAuc: sumOn(permuted),
    permutedSumError: errorOf(sumOf(Uint8Array.from(tested, (row) => permuted[row]!)), tested.length),
    permutedOracleAuc: auc(chances, permuted),
    permutedOracleError: errorOf(positives, labels.length),
    clues,
    clueError: errorOf(sumOf(ever), customerCount),
  };
}

/** What is wrong with a bank, in sentences; none: it is fair and hard. Chance alone gives one in some 10,000 samples. */
export function hardnessProblems(h: Hardness): string[] {
  const problems: string[] = [];
  const best = h.singles[0]!;
  const off = (value: number, error: number): boolean => Math.abs(value - 0.5) > 4.5 * error;
  if (!(h.baseRate >= 0.02 && h.baseRate <= 0.06))
    problems.push(`base rate ${h.baseRate.toFixed(4)} is not in 0.02-0.06`);
  if (!(h.oracleExpectedAuc >= 0.8 && h.oracleExpectedAuc <= 0.92)) {
    problems.push(`oracle AUC ${h.oracleExpectedAuc.toFixed(4)} is not in 0.80-0.92`);
  }
  // Labels of a customer hang together, so their number varies more than that of independent draws.
  if (Math.abs(h.oracleZ) > 6) problems.push(`the oracle is not calibrated: z ${h.oracleZ.toFixed(2)}`);
  if (best.shareOfLift > 0.5) {
    problems.push(`${best.feature} alone has ${best.shareOfLift.toFixed(3)} of the oracle's lift, over half`);
  }
  if (h.sumAuc <= best.auc) problems.push('all features together know no more than one');
  if (off(h.permutedSumAuc, h.permutedSumError)) problems.push(`permuted labels give ${h.permutedSumAuc.toFixed(4)}`);
  if (off(h.permutedOracleAuc, h.permutedOracleError)) {
    problems.push(`the oracle ranks permuted labels: ${h.permutedOracleAuc.toFixed(4)}`);
  }
  for (const { clue, auc: value } of h.clues) {
    if (off(value, h.clueError)) problems.push(`${clue} tells who misses: ${value.toFixed(4)}`);
  }
  return problems;
}

/** AUC expected over labels that are 1 with these chances: a row counts as both, with weight q and 1 - q. */
export function expectedAuc(scores: Float64Array, chances: Float64Array): number {
  const n = scores.length;
  const both = new Float64Array(2 * n);
  const labels = new Uint8Array(2 * n).fill(1, 0, n);
  const weights = new Float64Array(2 * n);
  for (let row = 0; row < n; row++) {
    both[row] = both[n + row] = scores[row]!;
    weights[row] = chances[row]!;
    weights[n + row] = 1 - chances[row]!;
  }
  return auc(both, labels, weights);
}

function bestAlone(values: Float64Array, chances: Float64Array): number {
  const placed = (unknown: number): number => {
    const value = expectedAuc(
      values.map((v) => (Number.isNaN(v) ? unknown : v)),
      chances,
    );
    return Math.max(value, 1 - value);
  };
  return Math.max(placed(Number.NEGATIVE_INFINITY), placed(Number.POSITIVE_INFINITY));
}

/** Standard error of an AUC without any signal (Hanley and McNeil). */
function errorOf(positives: number, rows: number): number {
  return Math.sqrt((rows + 1) / (12 * positives * (rows - positives)));
}

function reliabilityOf(chances: Float64Array, labels: Uint8Array): Hardness['reliability'] {
  const order = Uint32Array.from(chances, (_, row) => row).sort((a, b) => chances[a]! - chances[b]! || a - b);
  return Array.from({ length: 10 }, (_, tenth) => {
    const part = order.subarray(Math.floor((tenth * order.length) / 10), Math.floor(((tenth + 1) * order.length) / 10));
    const mean = (values: ArrayLike<number>): number =>
      part.reduce((sum, row) => sum + values[row]!, 0) / Math.max(1, part.length);
    return { rows: part.length, expected: mean(chances), observed: mean(labels) };
  });
}

function shuffled(labels: Uint8Array, seed: number): Uint8Array {
  const random = randomOf(childKey(rootKey(seed), 'permuted-labels'));
  const moved = labels.slice();
  for (let i = moved.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [moved[i], moved[j]] = [moved[j]!, moved[i]!];
  }
  return moved;
}

function indexes(count: number, wanted: (row: number) => boolean): number[] {
  return Array.from({ length: count }, (_, row) => row).filter(wanted);
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
