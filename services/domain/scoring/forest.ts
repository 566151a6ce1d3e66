/**
 * A boosted forest as trained by XGBoost, parsed and validated once into typed arrays.
 *
 * Semantics, as XGBoost evaluates (and as the ONNX export does, BRANCH_LT): thresholds and inputs are float32; x < threshold
 * goes left, a tie goes right, NaN follows the node's default side. Covers are sums of hessians, the weights of the
 * path-dependent expectation. The margin is the base margin plus one leaf per tree.
 */

/** Nodes of all trees in one row of arrays; node i of the forest, children by absolute index. */
export interface Forest {
  /** Names of the inputs, in the order of a row's values. */
  readonly features: readonly string[];
  /** Margin (log-odds) before any tree. */
  readonly baseMargin: number;
  /** Index of each tree's root. */
  readonly roots: Int32Array;
  /** Input that an inner node compares; -1 marks a leaf. */
  readonly feature: Int32Array;
  /** Float32 threshold of an inner node, value of a leaf. */
  readonly value: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1: NaN goes left. */
  readonly defaultLeft: Uint8Array;
  /** Sum of hessians that reached the node; above 0. */
  readonly cover: Float64Array;
  /** Most decisions on any path. */
  readonly maxDepth: number;
}

/** The stored form: one array a column and tree, nodes in any order with the root first. */
export interface ForestDocument {
  readonly format: 'pde-forest/1';
  readonly features: readonly string[];
  readonly baseMargin: number;
  readonly trees: readonly TreeDocument[];
}

export interface TreeDocument {
  /** -1 marks a leaf. */
  readonly feature: readonly number[];
  readonly value: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly defaultLeft: readonly number[];
  readonly cover: readonly number[];
}

/** The document is not a forest that can be evaluated and explained; the message names tree, node and bound. */
export class InvalidForestError extends Error {
  override readonly name = 'InvalidForestError';
}

const COLUMNS = ['feature', 'value', 'left', 'right', 'defaultLeft', 'cover'] as const;
/** Deeper paths would make the explanation's scratch space and error grow without a use. */
const MAX_DEPTH = 32;

/**
 * Reads a {@link ForestDocument}. Throws {@link InvalidForestError} for a wrong shape, an index out of bounds, a node that
 * is reached twice or never, a threshold or leaf that is not finite, or a node without cover.
 */
export function parseForest(document: unknown): Forest {
  const { features, baseMargin, trees } = readDocument(document);
  const size = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const forest = {
    features,
    baseMargin,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(size),
    value: new Float32Array(size),
    left: new Int32Array(size),
    right: new Int32Array(size),
    defaultLeft: new Uint8Array(size),
    cover: new Float64Array(size),
    maxDepth: 0,
  };
  let offset = 0;
  for (const [index, tree] of trees.entries()) {
    forest.maxDepth = Math.max(forest.maxDepth, checkTree(tree, index, features.length));
    copyTree(tree, offset, forest);
    forest.roots[index] = offset;
    offset += tree.feature.length;
  }
  return forest;
}

/** The margin of row `row` of a row-major block, summed in float64. For checks; the scoring margin is ONNX's. */
export function forestMargin(forest: Forest, rows: Float32Array, row: number): number {
  const start = row * forest.features.length;
  let margin = forest.baseMargin;
  for (const root of forest.roots) margin += forest.value[leafOf(forest, root, rows, start)]!;
  return margin;
}

/** Whether a value of NaN, below, at or above the node's threshold goes left. */
export function goesLeft(forest: Forest, node: number, x: number): boolean {
  return Number.isNaN(x) ? forest.defaultLeft[node] === 1 : x < forest.value[node]!;
}

function leafOf(forest: Forest, root: number, rows: Float32Array, start: number): number {
  let node = root;
  for (let feature = forest.feature[node]!; feature >= 0; feature = forest.feature[node]!) {
    node = goesLeft(forest, node, rows[start + feature]!) ? forest.left[node]! : forest.right[node]!;
  }
  return node;
}

function copyTree(tree: TreeDocument, offset: number, into: Forest): void {
  for (let node = 0; node < tree.feature.length; node++) {
    const leaf = tree.feature[node] === -1;
    into.feature[offset + node] = tree.feature[node]!;
    into.value[offset + node] = tree.value[node]!;
    into.left[offset + node] = leaf ? -1 : offset + tree.left[node]!;
    into.right[offset + node] = leaf ? -1 : offset + tree.right[node]!;
    into.defaultLeft[offset + node] = tree.defaultLeft[node]!;
    into.cover[offset + node] = tree.cover[node]!;
  }
}

/** Walks the tree from its root; answers its depth. */
function checkTree(tree: TreeDocument, index: number, features: number): number {
  const size = tree.feature.length;
  const seen = new Uint8Array(size);
  const pending: { node: number; depth: number }[] = [{ node: 0, depth: 0 }];
  let deepest = 0;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const { node, depth } = at;
    const refuse = (why: string): never => {
      throw new InvalidForestError(`tree ${index}, node ${node}: ${why}`);
    };
    if (!Number.isInteger(node) || node < 0 || node >= size) refuse(`is not among the tree's ${size} nodes`);
    if (seen[node]) refuse('is reached twice');
    seen[node] = 1;
    if (depth > MAX_DEPTH) refuse(`lies deeper than ${MAX_DEPTH}`);
    deepest = Math.max(deepest, depth);
    checkNode(tree, node, features, refuse);
    if (tree.feature[node] === -1) continue;
    pending.push({ node: tree.left[node]!, depth: depth + 1 }, { node: tree.right[node]!, depth: depth + 1 });
  }
  const unreached = seen.indexOf(0);
  if (unreached >= 0) throw new InvalidForestError(`tree ${index}, node ${unreached}: is never reached`);
  return deepest;
}

function checkNode(tree: TreeDocument, node: number, features: number, refuse: (why: string) => never): void {
  const feature = tree.feature[node]!;
  if (!Number.isInteger(feature) || feature < -1 || feature >= features) {
    refuse(`compares input ${feature}, of ${features}`);
  }
  if (!Number.isFinite(Math.fround(tree.value[node]!))) refuse(`has the value ${tree.value[node]}`);
  if (tree.defaultLeft[node] !== 0 && tree.defaultLeft[node] !== 1) refuse('has a default side other than 0 or 1');
  const cover = tree.cover[node]!;
  if (!(cover > 0) || !Number.isFinite(cover)) refuse(`has the cover ${cover}: no expectation can be taken over it`);
}

function readDocument(document: unknown): ForestDocument {
  const refuse = (why: string): never => {
    throw new InvalidForestError(`forest: ${why}`);
  };
  if (!isRecord(document)) return refuse('is not an object');
  if (document.format !== 'pde-forest/1') refuse(`has the format ${String(document.format)}, not pde-forest/1`);
  const { features, baseMargin, trees } = document;
  if (!isArrayOf(features, 'string') || new Set(features).size !== features.length || features.length === 0) {
    return refuse('features are not distinct names');
  }
  if (typeof baseMargin !== 'number' || !Number.isFinite(baseMargin)) return refuse('baseMargin is not a number');
  if (!Array.isArray(trees)) return refuse('has no trees');
  return { format: 'pde-forest/1', features, baseMargin, trees: trees.map(readTree) };
}

function readTree(tree: unknown, index: number): TreeDocument {
  if (!isRecord(tree)) throw new InvalidForestError(`tree ${index}: is not an object`);
  const columns = COLUMNS.map((name) => {
    const column = tree[name];
    if (!isArrayOf(column, 'number')) throw new InvalidForestError(`tree ${index}: ${name} is not a list of numbers`);
    return [name, column] as const;
  });
  const size = columns[0]![1].length;
  const uneven = columns.find(([, column]) => column.length !== size || size === 0);
  if (uneven) throw new InvalidForestError(`tree ${index}: ${uneven[0]} has ${uneven[1].length} entries, not ${size}`);
  return Object.fromEntries(columns) as unknown as TreeDocument;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArrayOf(value: unknown, type: 'string'): value is readonly string[];
function isArrayOf(value: unknown, type: 'number'): value is readonly number[];
function isArrayOf(value: unknown, type: 'string' | 'number'): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === type);
}
