/**
 * A forest's distinct decisions, and where a value lies among them. A decision is one input, one float32 threshold and the side
 * that NaN takes; trees share them (histogram training has at most 255 thresholds an input), so a row is compared with each
 * once, however many nodes ask it.
 *
 * Decisions of an input are consecutive and ordered by threshold. A value's rank is how many of them it is not below, so it
 * says "left" to exactly those from its rank on: x < threshold goes left, a tie right.
 */
import type { Forest } from '../forest.ts';

export interface Decisions {
  /** How many there are; as an index, the decision that no row takes to the left. */
  readonly count: number;
  /** Float32 thresholds, ascending within an input. */
  readonly threshold: Float32Array;
  /** All bits set where NaN goes left, else 0. */
  readonly unknownLeft: Int32Array;
  /** Inputs that are asked for, ascending. */
  readonly inputs: Int32Array;
  /** First decision of `inputs[i]`; one more entry ends the last. */
  readonly first: Int32Array;
  /** For each node of the forest, its decision; -1 for a leaf. */
  readonly ofNode: Int32Array;
  /** Share of the cover that each takes to the left, over all nodes that ask it. */
  readonly leftShare: Float64Array;
}

/** Collects the decisions of a forest. */
export function collectDecisions(forest: Forest): Decisions {
  const nodes = innerNodes(forest).sort((a, b) => compareNodes(forest, a, b));
  const ofNode = new Int32Array(forest.feature.length).fill(-1);
  const distinct: number[] = [];
  for (const node of nodes) {
    const last = distinct.at(-1);
    if (last === undefined || compareNodes(forest, last, node) !== 0) distinct.push(node);
    ofNode[node] = distinct.length - 1;
  }
  const inputs = [...new Set(distinct.map((node) => forest.feature[node]!))];
  const starts = inputs.map((input) => distinct.findIndex((node) => forest.feature[node] === input));
  return {
    count: distinct.length,
    threshold: Float32Array.from(distinct, (node) => forest.value[node]!),
    unknownLeft: Int32Array.from(distinct, (node) => -forest.defaultLeft[node]!),
    inputs: Int32Array.from(inputs),
    first: Int32Array.of(...starts, distinct.length),
    ofNode,
    leftShare: leftShares(forest, ofNode, distinct.length),
  };
}

function leftShares(forest: Forest, ofNode: Int32Array, count: number): Float64Array {
  const left = new Float64Array(count);
  const all = new Float64Array(count);
  for (const [node, decision] of ofNode.entries()) {
    if (decision < 0) continue;
    const l = forest.cover[forest.left[node]!]!;
    left[decision]! += l;
    all[decision]! += l + forest.cover[forest.right[node]!]!;
  }
  return left.map((cover, decision) => cover / all[decision]!);
}

/**
 * A function that answers the first decision of `inputs[i]` that `x` (not NaN) is below, or the first of the next input.
 * A table of equal intervals narrows the search to the thresholds of one interval; any distribution stays logarithmic.
 */
export function createRanker({ threshold, inputs, first }: Decisions): (i: number, x: number) => number {
  const low = new Float64Array(inputs.length);
  const scale = new Float64Array(inputs.length);
  const intervals = new Int32Array(inputs.length);
  const base = new Int32Array(inputs.length);
  const starts: number[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const from = first[i]!;
    const to = first[i + 1]!;
    const width = threshold[to - 1]! - threshold[from]!;
    low[i] = threshold[from]!;
    intervals[i] = width > 0 ? INTERVALS_A_THRESHOLD * (to - from) : 1;
    scale[i] = width > 0 ? intervals[i]! / width : 0;
    base[i] = starts.length;
    for (let interval = 0, at = from; interval < intervals[i]!; interval++) {
      while (at < to && intervalOf(threshold[at]!, i) < interval) at++;
      starts.push(at);
    }
    starts.push(to);
  }
  const start = Int32Array.from(starts);

  /** Monotone in x, for thresholds and values alike; that is all the search relies on. */
  function intervalOf(x: number, i: number): number {
    const interval = (x - low[i]!) * scale[i]!;
    const last = intervals[i]! - 1;
    return interval >= last ? last : interval > 0 ? Math.trunc(interval) : 0;
  }

  return (i, x) => {
    const interval = base[i]! + intervalOf(x, i);
    let from = start[interval]!;
    let to = start[interval + 1]!;
    while (to - from > LINEAR) {
      const middle = (from + to) >>> 1;
      if (threshold[middle]! <= x) from = middle + 1;
      else to = middle;
    }
    while (from < to && threshold[from]! <= x) from++;
    return from;
  };
}

const INTERVALS_A_THRESHOLD = 4;
/** So few are compared one after the other. */
const LINEAR = 4;

function innerNodes(forest: Forest): number[] {
  return Array.from(forest.feature.keys()).filter((node) => forest.feature[node]! >= 0);
}

function compareNodes(forest: Forest, a: number, b: number): number {
  return (
    forest.feature[a]! - forest.feature[b]! ||
    forest.value[a]! - forest.value[b]! ||
    forest.defaultLeft[a]! - forest.defaultLeft[b]!
  );
}
