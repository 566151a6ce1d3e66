/**
 * A plain learner for checks on a bank, without a library: each feature is cut into ten bins of equal size and one for unknown,
 * each bin has the log-odds of its rows, shrunk towards the base rate, and a row's score is their sum ("naive Bayes").
 */
export interface SumOfBins {
  /** By feature: upper ends of all bins but the last, rising. */
  readonly ends: readonly Float64Array[];
  /** By feature: log-odds against the base rate, by bin; the last is unknown's. */
  readonly weights: readonly Float64Array[];
}

const BINS = 10;
/** Rows at the base rate that every bin begins with. */
const SHRINK_ROWS = 200;

export function fitSum(features: readonly Float64Array[], labels: Uint8Array, rows: readonly number[]): SumOfBins {
  const positives = rows.reduce((sum, row) => sum + labels[row]!, 0);
  const base = (positives + 0.5) / (rows.length + 1);
  const ends: Float64Array[] = [];
  const weights: Float64Array[] = [];
  for (const values of features) {
    const known = Float64Array.from(rows.map((row) => values[row]!).filter((v) => !Number.isNaN(v))).sort();
    const cuts = Float64Array.from(
      { length: BINS - 1 },
      (_, i) => known[Math.floor(((i + 1) * known.length) / BINS)] ?? 0,
    );
    const hits = new Float64Array(BINS + 1).fill(SHRINK_ROWS * base);
    const counts = new Float64Array(BINS + 1).fill(SHRINK_ROWS);
    for (const row of rows) {
      const bin = binOf(cuts, values[row]!);
      counts[bin]!++;
      hits[bin]! += labels[row]!;
    }
    ends.push(cuts);
    weights.push(hits.map((hit, bin) => Math.log(hit / (counts[bin]! - hit)) - Math.log(base / (1 - base))));
  }
  return { ends, weights };
}

export function scoreSum(model: SumOfBins, features: readonly Float64Array[], rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, (row) =>
    features.reduce((sum, values, f) => sum + model.weights[f]![binOf(model.ends[f]!, values[row]!)]!, 0),
  );
}

function binOf(ends: Float64Array, value: number): number {
  if (Number.isNaN(value)) return BINS;
  let bin = 0;
  while (bin < BINS - 1 && value >= ends[bin]!) bin++;
  return bin;
}
