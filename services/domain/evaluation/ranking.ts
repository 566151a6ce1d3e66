/**
 * How well scores rank, from one order that is sorted once: a bootstrap sample then only walks it, O(rows).
 * AUC = P(score of a positive > score of a negative) + P(equal) / 2 (Hanley and McNeil, 1982; the Mann-Whitney U).
 * Average precision = sum over distinct scores, highest first, of (recall gained) x (precision there), without interpolation.
 */
import { type Column, checkRows } from './rows.ts';

/** Rows in order of one score. */
export interface Ranking {
  /** In [0, 1]; NaN without a positive or without a negative. */
  auc(weights?: Column): number;
  /** In (0, 1]; NaN without a positive. */
  prAuc(weights?: Column): number;
}

/** Area under the ROC curve; equal scores count half. NaN without a positive or without a negative. */
export function auc(scores: Column, labels: Column, weights?: Column): number {
  return rankBy(scores, labels).auc(weights);
}

/** Average precision. NaN without a positive. */
export function prAuc(scores: Column, labels: Column, weights?: Column): number {
  return rankBy(scores, labels).prAuc(weights);
}

/** Sorts the rows once. Throws InvalidRowsError for unequal lengths, a label other than 0 and 1, and a score that is NaN. */
export function rankBy(scores: Column, labels: Column): Ranking {
  checkRows(scores, labels);
  const order = ascending(scores);
  const positive = Uint8Array.from(order, (row) => labels[row]!);
  const sorted: Sorted = { order, positive, ends: tieEnds(scores, order) };
  const once = new Uint8Array(order.length).fill(1);
  return {
    auc: (weights = once) => walkAuc(sorted, weights),
    prAuc: (weights = once) => walkPrecision(sorted, weights),
  };
}

interface Sorted {
  /** Row at each place, lowest score first. */
  readonly order: Uint32Array;
  /** Label at each place. */
  readonly positive: Uint8Array;
  /** The place behind the last of each run of equal scores. */
  readonly ends: readonly number[];
}

/** Row numbers, lowest value first; equal values in order of row. */
export function ascending(values: Column): Uint32Array {
  const keys = Float64Array.from(values);
  return Uint32Array.from(keys, (_, row) => row).sort((a, b) => keys[a]! - keys[b]! || a - b);
}

/** For each run of equal values in the order, the place behind its last. */
export function tieEnds(values: Column, order: Uint32Array): number[] {
  const ends: number[] = [];
  for (let place = 1; place <= order.length; place++) {
    if (place === order.length || values[order[place]!] !== values[order[place - 1]!]) ends.push(place);
  }
  return ends;
}

function walkAuc({ order, positive, ends }: Sorted, weights: Column): number {
  let negatives = 0;
  let positives = 0;
  let above = 0;
  let place = 0;
  for (const end of ends) {
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; place < end; place++) {
      if (positive[place] === 1) tiedPositives += weights[order[place]!]!;
      else tiedNegatives += weights[order[place]!]!;
    }
    above += tiedPositives * (negatives + tiedNegatives / 2);
    negatives += tiedNegatives;
    positives += tiedPositives;
  }
  return above / (positives * negatives);
}

function walkPrecision({ order, positive, ends }: Sorted, weights: Column): number {
  let taken = 0;
  let positives = 0;
  let sum = 0;
  for (let run = ends.length - 1; run >= 0; run--) {
    const before = positives;
    for (let place = run === 0 ? 0 : ends[run - 1]!; place < ends[run]!; place++) {
      const weight = weights[order[place]!]!;
      taken += weight;
      if (positive[place] === 1) positives += weight;
    }
    if (positives > before) sum += (positives - before) * (positives / taken);
  }
  return sum / positives;
}
