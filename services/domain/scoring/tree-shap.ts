/**
 * Exact path-dependent TreeSHAP: Lundberg et al., "Consistent Individualized Feature Attribution for Tree Ensembles" (2018),
 * algorithm 2, in float64. Time O(trees x leaves x depth^2) a row, no allocation while explaining.
 *
 * A path from the root carries, for each distinct input on it, the share of it that flows on when the input is unknown (zero,
 * by cover) and when it is known (one: 0 or 1), and `weight`, the weights of all subsets by size. Weights and entries of depth
 * d lie in scratch arrays at offset d (d + 1) / 2, so that a child extends a copy and the parent's stay as they are.
 */
import { type Forest, goesLeft } from './forest.ts';
import type { ShapKernel } from './shap.ts';

/** The kernel for any forest. It is what kernel/fast-shap.ts falls back to, and what that is tested against. */
export function createTreeShap(forest: Forest): ShapKernel {
  const { features, roots, feature: inputs, value, left, right, cover } = forest;
  const size = ((forest.maxDepth + 2) * (forest.maxDepth + 3)) / 2;
  const pathInput = new Int32Array(size);
  const pathZero = new Float64Array(size);
  const pathOne = new Float64Array(size);
  const pathWeight = new Float64Array(size);
  let block: Float32Array;
  let rowStart = 0;
  let target: Float64Array;

  function extend(at: number, depth: number, zero: number, one: number, input: number): void {
    pathInput[at + depth] = input;
    pathZero[at + depth] = zero;
    pathOne[at + depth] = one;
    pathWeight[at + depth] = depth === 0 ? 1 : 0;
    for (let i = depth - 1; i >= 0; i--) {
      const weight = pathWeight[at + i]!;
      pathWeight[at + i + 1]! += (one * weight * (i + 1)) / (depth + 1);
      pathWeight[at + i] = (zero * weight * (depth - i)) / (depth + 1);
    }
  }

  /** Undoes the extension by entry `index`, as if its input were not on the path. */
  function unwind(at: number, depth: number, index: number): void {
    const one = pathOne[at + index]!;
    const zero = pathZero[at + index]!;
    let next = pathWeight[at + depth]!;
    for (let i = depth - 1; i >= 0; i--) {
      if (one !== 0) {
        const weight = pathWeight[at + i]!;
        pathWeight[at + i] = (next * (depth + 1)) / ((i + 1) * one);
        next = weight - (pathWeight[at + i]! * zero * (depth - i)) / (depth + 1);
      } else {
        pathWeight[at + i] = (pathWeight[at + i]! * (depth + 1)) / (zero * (depth - i));
      }
    }
    for (let i = index; i < depth; i++) {
      pathInput[at + i] = pathInput[at + i + 1]!;
      pathZero[at + i] = pathZero[at + i + 1]!;
      pathOne[at + i] = pathOne[at + i + 1]!;
    }
  }

  /** Sum of the weights that {@link unwind} would leave, without unwinding. */
  function unwoundSum(at: number, depth: number, index: number): number {
    const one = pathOne[at + index]!;
    const zero = pathZero[at + index]!;
    let next = pathWeight[at + depth]!;
    let total = 0;
    for (let i = depth - 1; i >= 0; i--) {
      if (one !== 0) {
        const weight = (next * (depth + 1)) / ((i + 1) * one);
        total += weight;
        next = pathWeight[at + i]! - (weight * zero * (depth - i)) / (depth + 1);
      } else {
        total += (pathWeight[at + i]! * (depth + 1)) / (zero * (depth - i));
      }
    }
    return total;
  }

  function collect(node: number, at: number, depth: number): void {
    const leaf = value[node]!;
    for (let i = 1; i <= depth; i++) {
      const share = unwoundSum(at, depth, i) * (pathOne[at + i]! - pathZero[at + i]!);
      target[rowStart + pathInput[at + i]!]! += share * leaf;
    }
  }

  /** Copies the parent's path, extends it by the decision that led to `node`, and goes on below. */
  function descend(node: number, from: number, parentDepth: number, zero: number, one: number, input: number): void {
    const depth = parentDepth + 1;
    const at = from + depth;
    for (let i = 0; i < depth; i++) {
      pathInput[at + i] = pathInput[from + i]!;
      pathZero[at + i] = pathZero[from + i]!;
      pathOne[at + i] = pathOne[from + i]!;
      pathWeight[at + i] = pathWeight[from + i]!;
    }
    extend(at, depth, zero, one, input);
    visit(node, at, depth);
  }

  function visit(node: number, at: number, depth: number): void {
    const input = inputs[node]!;
    if (input < 0) {
      collect(node, at, depth);
      return;
    }
    const l = left[node]!;
    const r = right[node]!;
    const toLeft = goesLeft(forest, node, block[rowStart + input]!);
    const share = cover[l]! / (cover[l]! + cover[r]!);
    let zero = 1;
    let one = 1;
    let known = depth;
    let earlier = depth;
    while (earlier > 0 && pathInput[at + earlier] !== input) earlier--;
    if (earlier > 0) {
      zero = pathZero[at + earlier]!;
      one = pathOne[at + earlier]!;
      unwind(at, depth, earlier);
      known = depth - 1;
    }
    descend(l, at, known, zero * share, toLeft ? one : 0, input);
    descend(r, at, known, zero * (1 - share), toLeft ? 0 : one, input);
  }

  return {
    baseValue: expectedMargin(forest),
    sliceRows: 1,
    explain(rows, count, out) {
      block = rows;
      target = out;
      out.fill(0, 0, count * features.length);
      for (let row = 0; row < count; row++) {
        rowStart = row * features.length;
        for (const root of roots) {
          extend(0, 0, 1, 1, -1);
          visit(root, 0, 0);
        }
      }
    },
  };
}

/** Base margin + each tree's leaves weighted by cover. */
export function expectedMargin(forest: Forest): number {
  const expected = (node: number): number => {
    if (forest.feature[node]! < 0) return forest.value[node]!;
    const l = forest.left[node]!;
    const r = forest.right[node]!;
    const share = forest.cover[l]! / (forest.cover[l]! + forest.cover[r]!);
    return share * expected(l) + (1 - share) * expected(r);
  };
  let margin = forest.baseMargin;
  for (const root of forest.roots) margin += expected(root);
  return margin;
}
