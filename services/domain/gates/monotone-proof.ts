/**
 * A proof, from the trees alone, that a forest rises (or falls) along every constrained feature: each tree does, so their sum does,
 * in floating point too, as long as it is summed in one order.
 *
 * A tree is a step function on boxes, one a leaf. Two points that differ in one feature only lie in leaves whose boxes have a
 * common value in every other feature; their order along the one feature is the order of the boxes there, for leaves that part at
 * a decision on it do not overlap in it. So the tree is monotone in the feature exactly if all such pairs of leaves are in order:
 * the check is sound and complete for a tree. (A forest of which one tree is not monotone may be so in sum; XGBoost makes no such
 * forest under constraints, and what is not proven is refused.) Unknown (NaN) is no value: it has no place in the order of the
 * constrained feature, and counts as a common value of the others.
 */
import type { Forest } from '../scoring/forest.ts';
import type { Direction } from './evidence.ts';

/** Two leaves in the wrong order: what is not monotone, where. */
export interface OrderFault {
  readonly feature: string;
  readonly tree: number;
  /** Values of the leaf at lower and of the leaf at higher values of the feature, in margin units. */
  readonly below: number;
  readonly above: number;
}

export interface MonotoneProof {
  /** Pairs of leaves that were held against a constraint. */
  readonly pairs: number;
  /** The first fault of each tree and feature. */
  readonly faults: readonly OrderFault[];
}

/** One feature's values in a leaf's box: those in [from, to), and perhaps NaN. */
interface Side {
  readonly from: number;
  readonly to: number;
  readonly unknown: boolean;
}

interface Leaf {
  readonly value: number;
  /** By input; one that is not here is free. */
  readonly box: ReadonlyMap<number, Side>;
}

const FREE: Side = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, unknown: true };

/** Checks every pair of leaves of every tree. `directions` has one entry an input of the forest. */
export function proveMonotone(forest: Forest, directions: readonly Direction[]): MonotoneProof {
  const faults: OrderFault[] = [];
  let pairs = 0;
  for (const [tree, root] of forest.roots.entries()) {
    const leaves = leavesOf(forest, root);
    const seen = new Set<number>();
    for (const [i, a] of leaves.entries()) {
      for (const b of leaves.slice(i + 1)) {
        const feature = onlyDifference(a, b);
        if (feature === null || directions[feature] === 0) continue;
        const [below, above] = inOrder(a, b, feature);
        if (below === undefined || above === undefined) continue;
        pairs++;
        if ((above.value - below.value) * directions[feature]! >= 0 || seen.has(feature)) continue;
        seen.add(feature);
        faults.push({ feature: forest.features[feature]!, tree, below: below.value, above: above.value });
      }
    }
  }
  return { pairs, faults };
}

function leavesOf(forest: Forest, root: number): Leaf[] {
  const leaves: Leaf[] = [];
  const pending: { node: number; box: ReadonlyMap<number, Side> }[] = [{ node: root, box: new Map() }];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const { node, box } = at;
    const feature = forest.feature[node]!;
    const threshold = forest.value[node]!;
    if (feature < 0) {
      leaves.push({ value: threshold, box });
      continue;
    }
    const { from, to, unknown } = box.get(feature) ?? FREE;
    const leftUnknown = forest.defaultLeft[node] === 1;
    const left = { from, to: Math.min(to, threshold), unknown: unknown && leftUnknown };
    const right = { from: Math.max(from, threshold), to, unknown: unknown && !leftUnknown };
    pending.push({ node: forest.left[node]!, box: new Map(box).set(feature, left) });
    pending.push({ node: forest.right[node]!, box: new Map(box).set(feature, right) });
  }
  return leaves;
}

/** The one input in which two leaves have no common value; null if there are others. */
function onlyDifference(a: Leaf, b: Leaf): number | null {
  let found: number | null = null;
  for (const [feature, side] of a.box) {
    const other = b.box.get(feature);
    if (other === undefined ? hasValue(side) : haveCommon(side, other)) continue;
    if (found !== null) return null;
    found = feature;
  }
  for (const [feature, side] of b.box) if (!a.box.has(feature) && !hasValue(side)) return null;
  return found;
}

/** The leaf at lower values first; nothing where one of them holds only unknown, or no value at all. */
function inOrder(a: Leaf, b: Leaf, feature: number): readonly [Leaf, Leaf] | readonly [undefined, undefined] {
  const [sideA, sideB] = [a.box.get(feature)!, b.box.get(feature)!];
  if (!(sideA.from < sideA.to) || !(sideB.from < sideB.to)) return [undefined, undefined];
  return sideA.from < sideB.from ? [a, b] : [b, a];
}

function haveCommon(a: Side, b: Side): boolean {
  return (a.unknown && b.unknown) || Math.max(a.from, b.from) < Math.min(a.to, b.to);
}

function hasValue(side: Side): boolean {
  return side.unknown || side.from < side.to;
}
