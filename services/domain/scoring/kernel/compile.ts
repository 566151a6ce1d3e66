/**
 * A forest compiled for the kernels: groups and their tables in flat typed arrays, entries as int32 in one fixed-point unit, two
 * of them to a 64-bit word. Integer sums are the same in any order, so a row's bits depend neither on its batch nor on the kernel
 * that explained it (I6).
 */
import type { Forest } from '../forest.ts';
import { assignColumns, type Column } from './columns.ts';
import { collectDecisions, type Decisions } from './decisions.ts';
import { cutForest, type Group, MAX_DECISIONS, tableEntries } from './groups.ts';
import { createTableFiller } from './tables.ts';
import { packWords } from './words.ts';

export interface Program {
  readonly decisions: Decisions;
  /** Inputs whose sums share a word. */
  readonly columns: readonly Column[];
  readonly groups: number;
  /** MAX_DECISIONS a group, of each bit of the index; `decisions.count`, which no row takes to the left, where there is none. */
  readonly groupDecisions: Uint16Array;
  /** Column of each word of an entry, those of group g from `columnStart[g]`. */
  readonly groupColumns: Uint16Array;
  readonly columnStart: Int32Array;
  /** Words an index; groups are in ascending order of it. */
  readonly width: Int32Array;
  /** For each group, the index that most rows come near to; it is first in the group's table. */
  readonly commonIndex: Uint8Array;
  /** Where the group's table begins in `table`, in it the words of an index at `(index ^ commonIndex) * width`; one more ends the last. */
  readonly tableStart: Int32Array;
  readonly table: BigInt64Array;
  /** Margin units of 1, a power of two. */
  readonly unit: number;
}

/** Why a forest is not for these kernels. */
export type Unsuitable =
  | 'a path asks more decisions than a byte holds'
  | 'it asks more distinct decisions than 16 bits number'
  | 'its tables are over the limit'
  | 'its contributions are too large for the fixed point';

/** Fits 16 bits, as do the columns: at most 224 more than there are inputs. */
const MAX_DISTINCT_DECISIONS = 65_000;
/** Largest standard error of a sum of rounded entries, in margin units: far below the 1e-5 asked for. */
const MAX_ROUNDING_ERROR = 5e-7;
const WORD_BYTES = BigInt64Array.BYTES_PER_ELEMENT;
/** A large buffer begins 16 bytes behind a page, where malloc has its header: from this word on, tables begin with a cache line. */
const FIRST_WORD = 6;

/** Compiles a forest into tables of at most `maxBytes`, or says why not. */
export function compileForest(forest: Forest, maxBytes: number): Program | Unsuitable {
  const decisions = collectDecisions(forest);
  if (decisions.count > MAX_DISTINCT_DECISIONS) return 'it asks more distinct decisions than 16 bits number';
  for (let limit = MAX_DECISIONS; limit > 0; limit--) {
    const groups = cutForest(forest, decisions, limit);
    if (groups === null && limit === MAX_DECISIONS) return 'a path asks more decisions than a byte holds';
    if (groups === null || leastBytes(groups) > 2 * maxBytes) continue;
    const laid = layOut(groups, decisions, maxBytes);
    if (laid !== null) return fillTables(laid, forest.features.length);
  }
  return 'its tables are over the limit';
}

/** Bytes of the groups' tables if every input but one finds another to share a word with. */
function leastBytes(groups: readonly Group[]): number {
  return (
    groups.reduce((sum, { inputs, decisions }) => sum + (((inputs.length + 1) >> 1) << decisions.length), 0) *
    WORD_BYTES
  );
}

/** A program without entries and unit. */
type Layout = Omit<Program, 'unit'> & { readonly ordered: readonly Group[] };

/** Null if the table would be larger than `maxBytes`. */
function layOut(groups: readonly Group[], decisions: Decisions, maxBytes: number): Layout | null {
  const { columns, ofGroup } = assignColumns(groups);
  const paired = groups.map((group, g) => ({ group, own: ofGroup[g]! })).sort((a, b) => a.own.length - b.own.length);
  const groupDecisions = new Uint16Array(groups.length * MAX_DECISIONS).fill(decisions.count);
  const columnStart = new Int32Array(groups.length + 1);
  const tableStart = new Int32Array(groups.length + 1);
  tableStart[0] = FIRST_WORD;
  for (const [g, { group, own }] of paired.entries()) {
    groupDecisions.set(group.decisions, g * MAX_DECISIONS);
    columnStart[g + 1] = columnStart[g]! + own.length;
    tableStart[g + 1] = tableStart[g]! + (own.length << group.decisions.length);
  }
  const words = tableStart[groups.length]!;
  if (words * WORD_BYTES > maxBytes) return null;
  return {
    decisions,
    columns,
    groups: groups.length,
    groupDecisions,
    groupColumns: Uint16Array.from(paired.flatMap(({ own }) => own)),
    columnStart,
    width: Int32Array.from(paired, ({ own }) => own.length),
    commonIndex: Uint8Array.from(paired, ({ group }) => group.commonIndex),
    tableStart,
    table: new BigInt64Array(words),
    ordered: paired.map(({ group }) => group),
  };
}

/** Computes every table twice: for the unit, and for its entries. */
function fillTables({ ordered, ...laid }: Layout, inputs: number): Program | Unsuitable {
  const fill = createTableFiller();
  const scratch = new Float64Array(MAX_DECISIONS << MAX_DECISIONS);
  const { unit, roundingError } = chooseUnit(ordered, fill, scratch, inputs);
  if (roundingError > MAX_ROUNDING_ERROR) return 'its contributions are too large for the fixed point';
  for (const [g, group] of ordered.entries()) {
    fill(group, scratch);
    const own = laid.groupColumns.subarray(laid.columnStart[g], laid.columnStart[g + 1]);
    const columns = Array.from(own, (column) => laid.columns[column]!);
    packWords(group, columns, scratch, unit, laid.table, laid.tableStart[g]!);
  }
  return { ...laid, unit };
}

/**
 * The finest unit in which no contribution of any row leaves int32: it is at most the sum of the largest entries of its groups. An
 * entry is rounded by at most half a unit, evenly; the error is the standard deviation of a sum over an input's groups.
 */
function chooseUnit(
  groups: readonly Group[],
  fill: (group: Group, table: Float64Array) => void,
  scratch: Float64Array,
  inputs: number,
): { unit: number; roundingError: number } {
  const bound = new Float64Array(inputs);
  const terms = new Float64Array(inputs);
  for (const group of groups) {
    fill(group, scratch);
    const entries = tableEntries(group);
    for (const [i, input] of group.inputs.entries()) {
      let largest = 0;
      for (let at = i; at < entries; at += group.inputs.length) largest = Math.max(largest, Math.abs(scratch[at]!));
      bound[input]! += largest;
      terms[input]! += 1;
    }
  }
  const mostTerms = Math.max(...terms);
  let unit = FINEST_UNIT;
  while (Math.max(...bound) / unit + mostTerms > MAX_INT32) unit *= 2;
  return { unit, roundingError: unit * Math.sqrt(mostTerms / 12) };
}

const MAX_INT32 = 2 ** 31 - 1;
const FINEST_UNIT = 2 ** -60;
