/**
 * How far a measure would move on another sample of customers (Efron, 1979; by cluster: Field and Welsh, 2007). Whole customers are
 * drawn with replacement, for the rows of one are not independent; a row's weight is how often its customer was drawn. Sample i
 * depends on the seed and i alone. The interval is by percentiles, linear between values.
 */
import { childKey, randomOf, rootKey } from '../synthetic-bank/random.ts';
import { InvalidRowsError } from './rows.ts';

export interface BootstrapPlan {
  /** Whose each row is, one entry a row. */
  readonly clusters: ArrayLike<string | number>;
  /** How many samples, from 1. */
  readonly samples: number;
  /** A safe integer from 0. */
  readonly seed: number;
  /** The measure, of rows that count `weights` times; the array is reused from sample to sample. NaN where it has none. */
  readonly statistic: (weights: Float64Array) => number;
  /** Width of the interval, in (0, 1). Default 0.95. */
  readonly level?: number;
}

export interface Interval {
  /** NaN where no sample had a value. */
  readonly lo: number;
  readonly hi: number;
  /** In order of sample, without those that had no value. */
  readonly values: Float64Array;
}

/** Resamples customers. Throws InvalidRowsError for no rows or a number of samples under 1. */
export function bootstrapByCluster(plan: BootstrapPlan): Interval {
  const { samples, seed, statistic, level = 0.95 } = plan;
  if (plan.clusters.length === 0) throw new InvalidRowsError('there is no row to resample');
  if (!Number.isInteger(samples) || samples < 1) throw new InvalidRowsError(`samples is ${samples}, not from 1`);
  const { clusterOf, count } = number(plan.clusters);
  const weights = new Float64Array(clusterOf.length);
  const drawn = new Uint32Array(count);
  const values: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const random = randomOf(childKey(childKey(rootKey(seed), 'bootstrap'), sample));
    drawn.fill(0);
    for (let i = 0; i < count; i++) {
      const cluster = Math.floor(random.uniform() * count);
      drawn[cluster] = drawn[cluster]! + 1;
    }
    for (let row = 0; row < weights.length; row++) weights[row] = drawn[clusterOf[row]!]!;
    const value = statistic(weights);
    if (!Number.isNaN(value)) values.push(value);
  }
  const sorted = Float64Array.from(values).sort();
  return {
    lo: quantile(sorted, (1 - level) / 2),
    hi: quantile(sorted, (1 + level) / 2),
    values: Float64Array.from(values),
  };
}

/** Of rising values, linear between neighbours (Hyndman and Fan's type 7); NaN of none. */
export function quantile(rising: ArrayLike<number>, share: number): number {
  if (rising.length === 0) return Number.NaN;
  const place = share * (rising.length - 1);
  const below = Math.floor(place);
  const low = rising[below]!;
  const high = rising[Math.min(below + 1, rising.length - 1)]!;
  return low + (place - below) * (high - low);
}

/** Clusters by number, in order of first appearance. */
function number(clusters: ArrayLike<string | number>): { clusterOf: Uint32Array; count: number } {
  const numbers = new Map<string | number, number>();
  const clusterOf = new Uint32Array(clusters.length);
  for (let row = 0; row < clusters.length; row++) {
    const known = numbers.get(clusters[row]!);
    clusterOf[row] = known ?? numbers.size;
    if (known === undefined) numbers.set(clusters[row]!, numbers.size);
  }
  return { clusterOf, count: numbers.size };
}
