/** The few statistics of the catalogue, over values of which NaN ones are unknown and left out; NaN where none is known. */

/** 100 (1 - r/b), clipped to [-500, 100]; NaN where either is unknown or b is 0. More is worse. */
export function dropPct(recent: number, baseline: number): number {
  return baseline === 0 ? Number.NaN : clip(100 * (1 - recent / baseline), -500, 100);
}

/** 100 (r/b - 1), clipped to [-100, 500]; 500 from 0 to more; NaN where either is unknown or both are 0. */
export function risePct(recent: number, baseline: number): number {
  if (baseline === 0) return recent > 0 ? 500 : Number.NaN;
  return clip(100 * (recent / baseline - 1), -100, 500);
}

/** NaN stays NaN. */
export function clip(value: number, low: number, high: number): number {
  if (value < low) return low;
  return Math.min(value, high);
}

/** NaN where the denominator is 0 or either is unknown. */
export function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? Number.NaN : numerator / denominator;
}

export function lowest(values: Float64Array, from: number, to: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = from; i < to; i++) if (values[i]! < least) least = values[i]!;
  return least === Number.POSITIVE_INFINITY ? Number.NaN : least;
}

export function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sum += values[i]!;
    count++;
  }
  return ratio(sum, count);
}

/** The population's. */
export function standardDeviation(values: Float64Array, from: number, to: number): number {
  const centre = mean(values, from, to);
  let squares = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(values[i]!)) continue;
    squares += (values[i]! - centre) * (values[i]! - centre);
    count++;
  }
  return Math.sqrt(ratio(squares, count));
}

/** How many known values lie below a bound; NaN if none is known or the bound is not. */
export function countBelow(values: Float64Array, from: number, to: number, bound: number): number {
  let known = 0;
  let below = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(values[i]!)) continue;
    known++;
    if (values[i]! < bound) below++;
  }
  return known === 0 || Number.isNaN(bound) ? Number.NaN : below;
}

const smallest = new Float64Array(16);

/** The 10th percentile by linear interpolation (type 7) of at most 100 values: only the smallest few are kept. */
export function tenthPercentile(values: Float64Array, from: number, to: number): number {
  let known = 0;
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i]!)) known++;
  if (known === 0) return Number.NaN;
  const place = (known - 1) * 0.1;
  const below = Math.floor(place);
  const kept = Math.min(below + 2, known);
  smallest.fill(Number.POSITIVE_INFINITY, 0, kept);
  let largestKept = Number.POSITIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!(value < largestKept)) continue;
    let k = kept - 1;
    for (; k > 0 && smallest[k - 1]! > value; k--) smallest[k] = smallest[k - 1]!;
    smallest[k] = value;
    largestKept = smallest[kept - 1]!;
  }
  const low = smallest[below]!;
  return place === below ? low : low + (place - below) * (smallest[below + 1]! - low);
}

const COSINES = Float64Array.from({ length: 24 }, (_, hour) => Math.cos((2 * Math.PI * hour) / 24));
const SINES = Float64Array.from({ length: 24 }, (_, hour) => Math.sin((2 * Math.PI * hour) / 24));

/** 1 - circular variance of the hour of day: the length of the mean direction, from counts by hour; NaN if all are 0. */
export function hourConsistency(hours: Int32Array): number {
  let x = 0;
  let y = 0;
  let count = 0;
  for (let hour = 0; hour < 24; hour++) {
    x += hours[hour]! * COSINES[hour]!;
    y += hours[hour]! * SINES[hour]!;
    count += hours[hour]!;
  }
  return count === 0 ? Number.NaN : clip(Math.sqrt(x * x + y * y) / count, 0, 1);
}
