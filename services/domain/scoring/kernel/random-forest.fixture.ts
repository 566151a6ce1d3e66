/** Seeded random forests and rows for tests: inputs repeat on paths, rows lie at thresholds often, the last input is used by none. */
import { type Forest, parseForest, type TreeDocument } from '../forest.ts';

export interface RandomForest {
  readonly forest: Forest;
  readonly rows: Float32Array;
  readonly count: number;
}

export interface RandomForestOptions {
  readonly seed: number;
  readonly trees: number;
  /** Most decisions on a path. */
  readonly depth: number;
  readonly inputs: number;
  readonly rows: number;
  /** How likely an inner place is a leaf instead; 0 makes full trees. */
  readonly leafShare?: number;
  /** Leaves lie in (-scale, scale). */
  readonly scale?: number;
}

const GRID = [-1e30, -2, -1.5, -0.1, -0, 0, 1e-38, 0.1, 0.671, 1, 3, 4096];

export function randomForest(options: RandomForestOptions): RandomForest {
  const { seed, trees, inputs, rows } = options;
  const random = mulberry32(seed);
  const forest = parseForest({
    format: 'pde-forest/1',
    features: Array.from({ length: inputs }, (_, i) => `f${i}`),
    baseMargin: random() - 0.5,
    trees: Array.from({ length: trees }, () => randomTree(options, random)),
  });
  const value = (): number => {
    const kind = random();
    if (kind < 0.15) return Number.NaN;
    if (kind < 0.2) return kind < 0.175 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return kind < 0.6 ? GRID[Math.floor(random() * GRID.length)]! : random() * 8 - 4;
  };
  return { forest, rows: Float32Array.from({ length: rows * inputs }, value), count: rows };
}

/** As many trees of one decision each, all of them different, on two inputs in turn, contributions powers of two; two rows. */
export function stumps(trees: number): RandomForest {
  const forest = parseForest({
    format: 'pde-forest/1',
    features: ['f0', 'f1'],
    baseMargin: 0,
    trees: Array.from({ length: trees }, (_, tree) => ({
      feature: [tree % 2, -1, -1],
      value: [tree, 2 ** -13, -(2 ** -13)],
      left: [1, -1, -1],
      right: [2, -1, -1],
      defaultLeft: [tree % 2, 0, 0],
      cover: [40, 20, 20],
    })),
  });
  return { forest, rows: Float32Array.of(0, trees, 1_000, Number.NaN), count: 2 };
}

function randomTree(
  { depth, inputs, leafShare = 0.2, scale = 1 }: RandomForestOptions,
  random: () => number,
): TreeDocument {
  const columns: Record<keyof TreeDocument, number[]> = {
    feature: [],
    value: [],
    left: [],
    right: [],
    defaultLeft: [],
    cover: [],
  };
  const add = (level: number, cover: number): number => {
    const node = columns.feature.length;
    const leaf = level === depth || random() < leafShare;
    const value = leaf ? (random() * 2 - 1) * scale : GRID[Math.floor(random() * GRID.length)]!;
    columns.feature.push(leaf ? -1 : Math.floor(random() * (inputs - 1)));
    columns.value.push(Math.fround(value));
    columns.defaultLeft.push(leaf || random() < 0.5 ? 0 : 1);
    columns.cover.push(cover);
    columns.left.push(-1);
    columns.right.push(-1);
    if (leaf) return node;
    const share = 0.02 + 0.96 * random();
    columns.left[node] = add(level + 1, cover * share);
    columns.right[node] = add(level + 1, cover * (1 - share));
    return node;
  };
  add(0, 1000);
  return columns;
}

function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
