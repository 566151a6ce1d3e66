/**
 * What an exact explanation is, whichever kernel computes it. For every row: base value + sum of contributions = the forest's
 * margin (I7), and each contribution is the Shapley value of the game whose worth of a set S of inputs is the expectation of
 * the forest with S known and every other decision taken by cover (path-dependent), as XGBoost's `pred_contribs`.
 */
export interface ShapKernel {
  /** The margin expected by cover with nothing known: XGBoost's bias column. */
  readonly baseValue: number;
  /** So many rows of one call keep the thread for a few milliseconds at most. */
  readonly sliceRows: number;
  /**
   * Explains `count` rows of `rows` (row-major, one float32 an input, NaN unknown) into `out` (row-major, one float64 an input,
   * margin units). A row's bits do not depend on its neighbours (I6). Not to be called while it runs.
   */
  explain(rows: Float32Array, count: number, out: Float64Array): void;
}

/** Largest difference allowed between base value + contributions and the margin that ONNX returned (I7). */
export const ADDITIVITY_TOLERANCE = 1e-4;

/** Null if base value + contributions = margin to {@link ADDITIVITY_TOLERANCE}; else what is wrong, with its size. */
export function additivityFault(baseValue: number, contributions: Float64Array, margin: number): string | null {
  let sum = baseValue;
  for (const contribution of contributions) sum += contribution;
  const difference = Math.abs(sum - margin);
  if (difference <= ADDITIVITY_TOLERANCE) return null;
  return `base value + contributions = ${sum}, margin = ${margin}: they differ by ${difference}, more than ${ADDITIVITY_TOLERANCE}`;
}
