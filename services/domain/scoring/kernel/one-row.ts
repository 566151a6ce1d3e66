/**
 * The kernel for a row alone: a byte for every distinct decision, from these the place of each group's entry, then the entries. What it
 * waits for is memory, an entry or two cache lines a group; so the lines of some groups at a time are read first, where misses overlap.
 */
import { ADD_ONE } from './add-one.ts';
import type { Program } from './compile.ts';
import { createRanker } from './decisions.ts';
import { MAX_DECISIONS } from './groups.ts';

/** Groups whose entries are read ahead: their lines fit into a first-level cache. */
const AHEAD = 256;

/** A function that explains row `row` of a row-major block of `inputs` inputs into `out`, which holds zeros there. */
export function createOneRow(
  program: Program,
  inputs: number,
): (rows: Float32Array, row: number, out: Float64Array) => void {
  const { decisions, columns, groups, groupDecisions, groupColumns, width, tableStart, table, unit } = program;
  const left = new Uint8Array(decisions.count + 1);
  const decide = createDecide(program, left);
  const place = new Int32Array(groups);
  const tableHalves = new Int32Array(table.buffer);
  const kept = new Int32Array(1);
  const sums = new BigInt64Array(columns.length);
  const halves = new Int32Array(sums.buffer);
  const runs = runsOf(width);

  function findPlaces(from: number, to: number, words: number): void {
    for (let g = from, d = from * MAX_DECISIONS; g < to; g++, d += MAX_DECISIONS) {
      const index =
        left[groupDecisions[d]!]! |
        (left[groupDecisions[(d + 1) | 0]!]! << 1) |
        (left[groupDecisions[(d + 2) | 0]!]! << 2) |
        (left[groupDecisions[(d + 3) | 0]!]! << 3) |
        (left[groupDecisions[(d + 4) | 0]!]! << 4) |
        (left[groupDecisions[(d + 5) | 0]!]! << 5) |
        (left[groupDecisions[(d + 6) | 0]!]! << 6) |
        (left[groupDecisions[(d + 7) | 0]!]! << 7);
      place[g] = (tableStart[g]! + Math.imul(index, words)) | 0;
    }
  }

  /** Reads the first and the last half of entries of `words` words; what it keeps only keeps the reads from being optimized away. */
  function fetchEntries(from: number, to: number, words: number): void {
    let all = 0;
    for (let g = from; g < to; g++) {
      const half = place[g]! << 1;
      all ^= tableHalves[half]! ^ tableHalves[(half + 2 * words - 1) | 0]!;
    }
    kept[0]! ^= all;
  }

  function addGroups(): void {
    halves.fill(0);
    for (const { words, first, end } of runs) {
      for (let from = first; from < end; from += AHEAD) {
        const to = Math.min(end, from + AHEAD);
        findPlaces(from, to, words);
        fetchEntries(from, to, words);
        ADD_ONE[words - 1]!(table, place, from, to, sums, groupColumns);
      }
    }
  }

  return (rows, row, out) => {
    const start = row * inputs;
    decide(rows, start);
    addGroups();
    for (let column = 0; column < columns.length; column++) {
      const [first, second] = columns[column]!;
      const low = halves[2 * column]!;
      out[start + first]! += low * unit;
      if (second >= 0) out[start + second]! += (halves[2 * column + 1]! + (low >>> 31)) * unit;
    }
  };
}

/** Writes 1 for each decision that takes the row that begins at `rows[start]` to the left, else 0. */
function createDecide({ decisions }: Program, left: Uint8Array): (rows: Float32Array, start: number) => void {
  const { inputs, first, unknownLeft } = decisions;
  const rank = createRanker(decisions);
  const unknown = Uint8Array.from(unknownLeft, (side) => side & 1);
  return (rows, start) => {
    for (let i = 0; i < inputs.length; i++) {
      const x = rows[start + inputs[i]!]!;
      const from = first[i]!;
      const to = first[i + 1]!;
      if (Number.isNaN(x)) {
        for (let decision = from; decision < to; decision++) left[decision] = unknown[decision]!;
        continue;
      }
      const at = rank(i, x);
      left.fill(0, from, at);
      left.fill(1, at, to);
    }
  };
}

/** Groups of equal width follow each other; `end` is the one after the last. */
interface Run {
  readonly words: number;
  readonly first: number;
  readonly end: number;
}

function runsOf(width: Int32Array): Run[] {
  const widths = [...new Set(width)];
  return widths.map((words) => ({ words, first: width.indexOf(words), end: width.lastIndexOf(words) + 1 }));
}
