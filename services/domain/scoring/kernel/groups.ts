/**
 * Cuts every tree into groups of neighbouring leaves, so small that all decisions above a group's leaves fit into one byte. What
 * a group adds to a row's contributions then depends on that byte alone.
 *
 * Among all cuts into runs of leaves (left to right) the cheapest is taken, by dynamic programming over the leaves.
 */
import type { Forest } from '../forest.ts';
import type { Decisions } from './decisions.ts';

/** Decisions of one byte. */
export const MAX_DECISIONS = 8;

/** One decision on the way to a leaf. */
export interface Step {
  readonly decision: number;
  readonly input: number;
  /** Whether the leaf lies left of it. */
  readonly left: boolean;
  /** Share of the node's cover that goes the leaf's way. */
  readonly share: number;
}

export interface LeafPath {
  readonly value: number;
  /** From the root. */
  readonly steps: readonly Step[];
}

export interface Group {
  readonly leaves: readonly LeafPath[];
  /** Distinct decisions above the leaves, the evenest first; the i-th is bit i of the group's index, set for "left". */
  readonly decisions: readonly number[];
  /**
   * The index whose every bit is as most rows have it. Written at `index ^ commonIndex`, entries that rows often need are near each
   * other, in few cache lines: the uneven decisions are the high bits, and for most rows 0.
   */
  readonly commonIndex: number;
  /** Distinct inputs that these ask for. */
  readonly inputs: readonly number[];
}

/** Groups of at most `limit` decisions each, or null if some path alone has more. A tree of one leaf has none. */
export function cutForest(forest: Forest, decisions: Decisions, limit: number): Group[] | null {
  const groups: Group[] = [];
  for (const root of forest.roots) {
    const cut = cutTree(leafPaths(forest, decisions, root), limit);
    if (cut === null) return null;
    for (const leaves of cut) {
      const group = groupOf(leaves, decisions.leftShare);
      if (group.decisions.length > 0) groups.push(group);
    }
  }
  return groups;
}

/** Entries of a group's table: one an input, for each index. */
export function tableEntries(group: Group): number {
  return group.inputs.length << group.decisions.length;
}

/** Instructions a row spends on a group, roughly: making its index, and adding one entry. */
const INDEX_COST = 14;
const ENTRY_COST = 11;

function cutTree(leaves: readonly LeafPath[], limit: number): LeafPath[][] | null {
  const cost = new Float64Array(leaves.length + 1).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(leaves.length + 1);
  cost[0] = 0;
  for (let end = 1; end <= leaves.length; end++) {
    const decisions = new Set<number>();
    const inputs = new Set<number>();
    for (let start = end - 1; start >= 0; start--) {
      for (const { decision, input } of leaves[start]!.steps) {
        decisions.add(decision);
        inputs.add(input);
      }
      if (decisions.size > limit) break;
      const total = cost[start]! + INDEX_COST + ENTRY_COST * inputs.size;
      if (total >= cost[end]!) continue;
      cost[end] = total;
      before[end] = start;
    }
  }
  if (!Number.isFinite(cost[leaves.length]!)) return null;
  const runs: LeafPath[][] = [];
  for (let end = leaves.length; end > 0; end = before[end]!) runs.push(leaves.slice(before[end], end));
  return runs.reverse();
}

function groupOf(leaves: readonly LeafPath[], leftShare: Float64Array): Group {
  const steps = leaves.flatMap((leaf) => leaf.steps);
  const divided = (decision: number) => Math.abs(leftShare[decision]! - 0.5);
  const decisions = [...new Set(steps.map(({ decision }) => decision))].sort((a, b) => divided(a) - divided(b));
  return {
    leaves,
    decisions,
    commonIndex: decisions.reduce((index, decision, bit) => index | (Number(leftShare[decision]! > 0.5) << bit), 0),
    inputs: [...new Set(steps.map(({ input }) => input))],
  };
}

/** All leaves of a tree, left to right. */
function leafPaths(forest: Forest, decisions: Decisions, root: number): LeafPath[] {
  const paths: LeafPath[] = [];
  const visit = (node: number, steps: readonly Step[]): void => {
    const input = forest.feature[node]!;
    if (input < 0) {
      paths.push({ value: forest.value[node]!, steps });
      return;
    }
    const l = forest.left[node]!;
    const r = forest.right[node]!;
    const share = forest.cover[l]! / (forest.cover[l]! + forest.cover[r]!);
    const decision = decisions.ofNode[node]!;
    visit(l, [...steps, { decision, input, left: true, share }]);
    visit(r, [...steps, { decision, input, left: false, share: 1 - share }]);
  };
  visit(root, []);
  return paths;
}
