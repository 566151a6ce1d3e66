/**
 * Which two inputs share a 64-bit word. A group's entries are added two at a time, so its inputs are paired; the sums of a pair
 * are a column. Few columns are few sums to take apart for each row, so pairs that many groups have come first.
 */
import type { Group } from './groups.ts';

/** Two inputs; the second is -1 where the first is alone. */
export type Column = readonly [number, number];

export interface Columns {
  readonly columns: readonly Column[];
  /** For each group, the columns that hold its inputs, each once. */
  readonly ofGroup: readonly (readonly number[])[];
}

/** Most columns of pairs. */
const MAX_PAIRS = 224;

/** Pairs the inputs of all groups: greedily, then again by those pairs that turned out most useful. */
export function assignColumns(groups: readonly Group[]): Columns {
  const together = countPairs(groups.map(({ inputs }) => everyPair(inputs)));
  const chosen = countPairs(groups.map((group) => matchGreedily(group, together)));
  const kept = new Map([...chosen].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MAX_PAIRS));
  const columns: Column[] = [];
  const known = new Map<string, number>();
  const ofGroup = groups.map((group) => {
    const pairs = matchGreedily(group, kept);
    const paired = new Set(pairs.flat());
    const alone = group.inputs.filter((input) => !paired.has(input)).map((input): Column => [input, -1]);
    return [...pairs, ...alone].map((column) => {
      const key = keyOf(column);
      const at = known.get(key) ?? columns.push(column) - 1;
      known.set(key, at);
      return at;
    });
  });
  return { columns, ofGroup };
}

/** Disjoint pairs of a group's inputs, the one with the highest count first; only pairs that have a count. */
function matchGreedily({ inputs }: Group, counts: ReadonlyMap<string, number>): Column[] {
  const pairs = everyPair(inputs)
    .map((pair) => ({ pair, count: counts.get(keyOf(pair)) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const taken = new Set<number>();
  const matched: Column[] = [];
  for (const { pair } of pairs) {
    if (pair.some((input) => taken.has(input))) continue;
    for (const input of pair) taken.add(input);
    matched.push(pair);
  }
  return matched;
}

function countPairs(lists: readonly (readonly Column[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pair of lists.flat()) counts.set(keyOf(pair), (counts.get(keyOf(pair)) ?? 0) + 1);
  return counts;
}

function everyPair(inputs: readonly number[]): Column[] {
  const sorted = [...inputs].sort((a, b) => a - b);
  return sorted.flatMap((first, i) => sorted.slice(i + 1).map((second): Column => [first, second]));
}

function keyOf([first, second]: Column): string {
  return `${first},${second}`;
}
