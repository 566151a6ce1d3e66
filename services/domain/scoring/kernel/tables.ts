/**
 * A group's table: for each index (the byte of its decisions), what its leaves add to the contribution of each of its inputs.
 *
 * For one leaf with value v on a path over distinct inputs j, `zero_j` is the share of cover that flows on when j is unknown and
 * `one_j` is 1 or 0, whether the row agrees with all decisions on j. The contribution of i is the Shapley value of a product,
 *   v (one_i - zero_i) integral over t in [0, 1] of the product over j != i of (zero_j + t (one_j - zero_j)),
 * a polynomial in t of degree d - 1 for d inputs, which Gauss-Legendre quadrature with ceil(d / 2) points integrates exactly.
 */
import { type Group, type LeafPath, MAX_DECISIONS, tableEntries } from './groups.ts';
import { gaussLegendre, type Quadrature } from './quadrature.ts';

/** Indexes of a byte. */
const INDEXES = 1 << MAX_DECISIONS;

/** A function that writes a group's table: entry `index * inputs + input`, in margin units. */
export function createTableFiller(): (group: Group, table: Float64Array) => void {
  const rules = Array.from({ length: MAX_DECISIONS + 1 }, (_, inputs) => gaussLegendre(Math.max(1, (inputs + 1) >> 1)));
  const contributions = new Float64Array(MAX_DECISIONS * INDEXES);
  const agreeing = new Int32Array(INDEXES);
  return (group, table) => {
    table.fill(0, 0, tableEntries(group));
    for (const leaf of group.leaves) {
      const path = pathInputs(group, leaf);
      explainLeaf(leaf.value, path, rules[path.length]!, contributions);
      findAgreeing(path, 1 << group.decisions.length, agreeing);
      addLeaf(group, path, agreeing, contributions, table);
    }
  };
}

/** What a path says of one of its inputs. */
interface PathInput {
  readonly input: number;
  /** Bits of the index that are decisions on this input, and how they stand if the row agrees. */
  mask: number;
  agreed: number;
  zero: number;
}

/** A bit that no index has: what asks for it is never agreed to. */
const NEVER = INDEXES;

function pathInputs(group: Group, leaf: LeafPath): PathInput[] {
  const path: PathInput[] = [];
  for (const { decision, input, left, share } of leaf.steps) {
    const entry = path.find((known) => known.input === input) ?? { input, mask: 0, agreed: 0, zero: 1 };
    if (entry.mask === 0) path.push(entry);
    const bit = 1 << group.decisions.indexOf(decision);
    const contradicts = (entry.mask & bit) !== 0 && ((entry.agreed & bit) !== 0) !== left;
    if (contradicts) {
      entry.mask |= NEVER;
      entry.agreed |= NEVER;
    }
    entry.mask |= bit;
    if (left) entry.agreed |= bit;
    entry.zero *= share;
  }
  return path;
}

/** For each set of inputs that the row agrees with (as bits), entry `set * inputs + input`. */
function explainLeaf(value: number, path: readonly PathInput[], rule: Quadrature, contributions: Float64Array): void {
  const d = path.length;
  const sets = 1 << d;
  const product = new Float64Array(sets);
  const integral = new Float64Array(sets);
  for (let i = 0; i < d; i++) {
    integral.fill(0);
    for (let q = 0; q < rule.points.length; q++) {
      multiplyFlows(path, i, rule.points[q]!, rule.weights[q]!, product);
      for (let set = 0; set < sets; set++) integral[set]! += product[set]!;
    }
    const zero = path[i]!.zero;
    for (let set = 0; set < sets; set++) {
      contributions[set * d + i] = value * (((set >> i) & 1) - zero) * integral[set]!;
    }
  }
}

/** For each set, `weight` times the product of all flows at `t` but input i's: doubled input by input. */
function multiplyFlows(path: readonly PathInput[], i: number, t: number, weight: number, product: Float64Array): void {
  product[0] = weight;
  for (let j = 0; j < path.length; j++) {
    const zero = path[j]!.zero;
    const unknown = i === j ? 1 : zero - t * zero;
    const known = i === j ? 1 : zero + t * (1 - zero);
    const sets = 1 << j;
    for (let set = 0; set < sets; set++) {
      product[sets + set] = product[set]! * known;
      product[set]! *= unknown;
    }
  }
}

/** For each index, the set of inputs that it agrees with. */
function findAgreeing(path: readonly PathInput[], indexes: number, agreeing: Int32Array): void {
  agreeing.fill(0, 0, indexes);
  for (let i = 0; i < path.length; i++) {
    const { mask, agreed } = path[i]!;
    const bit = 1 << i;
    for (let index = 0; index < indexes; index++) if ((index & mask) === agreed) agreeing[index]! |= bit;
  }
}

function addLeaf(
  group: Group,
  path: readonly PathInput[],
  agreeing: Int32Array,
  contributions: Float64Array,
  table: Float64Array,
): void {
  const width = group.inputs.length;
  for (let i = 0; i < path.length; i++) {
    const column = group.inputs.indexOf(path[i]!.input);
    for (let index = 0; index < 1 << group.decisions.length; index++) {
      table[index * width + column]! += contributions[agreeing[index]! * path.length + i]!;
    }
  }
}
