/** How true probabilities are: each measure reads the probability itself, not only its rank. */
import { ascending, tieEnds } from './ranking.ts';
import { type Column, checkProbabilities, InvalidRowsError, meanOver } from './rows.ts';

/** Mean squared error of the probability (Brier, 1950), in [0, 1]. */
export function brier(probabilities: Column, labels: Column, weights?: Column): number {
  checkProbabilities(probabilities, labels);
  return meanOver(labels.length, (row) => (probabilities[row]! - labels[row]!) ** 2, weights);
}

/**
 * Mean -ln of the probability given to what happened, in nats. Probabilities are kept 2^-52 off 0 and 1, as calibration keeps
 * them: being certain and wrong costs 36 nats, not infinity.
 */
export function logLoss(probabilities: Column, labels: Column, weights?: Column): number {
  checkProbabilities(probabilities, labels);
  return meanOver(labels.length, (row) => lossOf(probabilities[row]!, labels[row]!), weights);
}

/** Loss of one row, in nats: what {@link logLoss} is the mean of. */
export function lossOf(probability: number, label: number): number {
  const p = offTheEnds(probability);
  return label === 1 ? -Math.log(p) : -Math.log1p(-p);
}

/**
 * Expected calibration error: rows in order of probability are cut into bins of equal size (equal probabilities stay in one), and
 * |mean probability - share of positives| is averaged over them by size. In [0, 1]. Proves little where positives are rare: 0 for
 * everyone has the base rate as its error.
 */
export function ece(probabilities: Column, labels: Column, bins = 10): number {
  checkProbabilities(probabilities, labels);
  if (!Number.isInteger(bins) || bins < 1) throw new InvalidRowsError(`bins is ${bins}, not a whole number from 1`);
  const order = ascending(probabilities);
  const count = order.length;
  let error = 0;
  let gap = 0;
  let start = 0;
  let bin = 1;
  for (const end of tieEnds(probabilities, order)) {
    for (; start < end; start++) gap += probabilities[order[start]!]! - labels[order[start]!]!;
    if (end * bins < bin * count) continue;
    error += Math.abs(gap);
    gap = 0;
    while (bin * count <= end * bins) bin++;
  }
  return error / count;
}

/** Positives that came over positives that were expected: 1 is right, above 1 too low a probability. NaN where none was expected. */
export function observedOverExpected(probabilities: Column, labels: Column, weights?: Column): number {
  checkProbabilities(probabilities, labels);
  const observed = meanOver(labels.length, (row) => labels[row]!, weights);
  const expected = meanOver(labels.length, (row) => probabilities[row]!, weights);
  return expected > 0 ? observed / expected : Number.NaN;
}

/** ln(p / (1 - p)), of a probability kept 2^-52 off 0 and 1. */
export function logOdds(probability: number): number {
  const p = offTheEnds(probability);
  return Math.log(p) - Math.log1p(-p);
}

function offTheEnds(probability: number): number {
  return Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
}
