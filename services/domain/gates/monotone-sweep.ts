/**
 * The same by trial, on the engine's own ONNX: rows in which one constrained feature goes from low to high and nothing else
 * changes. A proof about the trees says nothing about a file that does not hold those trees; this does, on the rows that it tries.
 */
import type { Column } from '../evaluation/rows.ts';
import type { Forest } from '../scoring/forest.ts';
import { childKey, randomOf, rootKey } from '../synthetic-bank/random.ts';
import type { Direction } from './evidence.ts';

/** Rows to be run: sweep after sweep, `steps` rows each. */
export interface SweepPlan {
  /** Row-major float32, one value an input; NaN is unknown. */
  readonly block: Float32Array;
  readonly count: number;
  readonly sweeps: readonly Sweep[];
}

interface Sweep {
  /** Place among the inputs. */
  readonly feature: number;
  readonly direction: Direction;
  /** First row, and how many. */
  readonly start: number;
  readonly steps: number;
}

export interface SweepResult {
  readonly sweeps: number;
  /** Names of the features along which a margin went the wrong way, each with its largest step against the direction. */
  readonly against: readonly { readonly feature: string; readonly step: number }[];
}

const ROWS_A_FEATURE = 32;
const MOST_STEPS = 24;

/**
 * Plans sweeps through thresholds of the forest (each, and the float32 just below it) from rows of the table.
 *
 * @param columns the values of the inputs, in their order
 */
export function planSweeps(
  forest: Forest,
  directions: readonly Direction[],
  columns: readonly Column[],
  seed: number,
): SweepPlan {
  const width = forest.features.length;
  const available = columns[0]?.length ?? 0;
  const sweeps: Sweep[] = [];
  const rows: number[] = [];
  for (let feature = 0; feature < width; feature++) {
    const direction = directions[feature]!;
    const random = randomOf(childKey(childKey(rootKey(seed), 'sweep'), feature));
    const values = stepsOf(forest, feature, (low, high) => random.integer(low, high));
    if (direction === 0 || values.length < 2 || available === 0) continue;
    for (let i = 0; i < ROWS_A_FEATURE; i++) {
      const from = random.integer(0, available - 1);
      sweeps.push({ feature, direction, start: rows.length / width, steps: values.length });
      for (const value of values) {
        for (let input = 0; input < width; input++) rows.push(input === feature ? value : columns[input]![from]!);
      }
    }
  }
  return { block: Float32Array.from(rows), count: rows.length / width, sweeps };
}

/** Holds the margins that ONNX answered against the directions. Equal margins are in order. */
export function judgeSweeps(forest: Forest, plan: SweepPlan, margins: Column): SweepResult {
  const worst = new Map<number, number>();
  for (const { feature, direction, start, steps } of plan.sweeps) {
    for (let row = start + 1; row < start + steps; row++) {
      const step = (margins[row]! - margins[row - 1]!) * direction;
      if (!(step >= 0)) worst.set(feature, Math.min(worst.get(feature) ?? 0, step));
    }
  }
  const against = [...worst].map(([feature, step]) => ({ feature: forest.features[feature]!, step }));
  return { sweeps: plan.sweeps.length, against };
}

/** Rising values on both sides of the feature's thresholds, at most {@link MOST_STEPS}, spread by chance where there are more. */
function stepsOf(forest: Forest, feature: number, integer: (low: number, high: number) => number): readonly number[] {
  const thresholds = new Set<number>();
  for (let node = 0; node < forest.feature.length; node++) {
    if (forest.feature[node] === feature) thresholds.add(forest.value[node]!);
  }
  const rising = [...thresholds].sort((a, b) => a - b);
  while (rising.length > MOST_STEPS / 2) rising.splice(integer(0, rising.length - 1), 1);
  return [...new Set(rising.flatMap((threshold) => [below(threshold), threshold]))];
}

/** The largest float32 under a finite one. */
function below(value: number): number {
  const word = new Int32Array(1);
  const float = new Float32Array(word.buffer);
  float[0] = value;
  if (value === 0) return -1.401298464324817e-45;
  word[0] = word[0]! + (value > 0 ? -1 : 1);
  return float[0]!;
}
