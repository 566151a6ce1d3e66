/**
 * What every measure of this folder reads: rows in columns of equal length. A weight is how many times a row counts; none given,
 * each counts once. A measure that has nothing to be computed from (no positive, no negative, no weight) is NaN, never a guess.
 */

/** Labels (1 = missed, 0 = paid), probabilities in [0, 1], scores of any scale or weights, one a row. */
export type Column = ArrayLike<number>;

/** Columns that cannot be measured together; the message names the column, the value and the bound. */
export class InvalidRowsError extends Error {
  override readonly name = 'InvalidRowsError';
}

/** Throws {@link InvalidRowsError} unless both columns have the same length, labels are 0 or 1 and no value is NaN. */
export function checkRows(values: Column, labels: Column): void {
  if (values.length !== labels.length) {
    throw new InvalidRowsError(`${values.length} values and ${labels.length} labels: not one of each a row`);
  }
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label !== 0 && label !== 1) throw new InvalidRowsError(`label of row ${row} is ${label}, neither 0 nor 1`);
    if (Number.isNaN(values[row]!)) throw new InvalidRowsError(`value of row ${row} is NaN`);
  }
}

/** Throws {@link InvalidRowsError} unless the rows are sound and every value is a probability. */
export function checkProbabilities(probabilities: Column, labels: Column): void {
  checkRows(probabilities, labels);
  for (let row = 0; row < labels.length; row++) {
    const probability = probabilities[row]!;
    if (probability < 0 || probability > 1) {
      throw new InvalidRowsError(`probability of row ${row} is ${probability}, not in 0 to 1`);
    }
  }
}

/** Mean of `of(row)` over the rows; NaN where they weigh nothing. */
export function meanOver(count: number, of: (row: number) => number, weights?: Column): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < count; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    sum += weight * of(row);
    total += weight;
  }
  return sum / total;
}
