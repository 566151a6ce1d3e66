/**
 * The kernel for many rows, a block at a time. The outer loop runs over groups, the inner over rows, so that a group's table comes
 * from far memory once a block.
 *
 * 1. Decide: a 32-bit word for every distinct decision and 32 rows says which of them go left. Each row sets its bit at the rank
 *    of its value, and a running OR over the ranks makes the words.
 * 2. Transpose a group's words to an index byte a row.
 * 3. Add the row's entry of the group's table to the sums, two inputs to a word.
 */
import { ADD } from './add.ts';
import type { Program } from './compile.ts';
import { createRanker, type Decisions } from './decisions.ts';
import { MAX_DECISIONS } from './groups.ts';
import { rowBit, transpose } from './transpose.ts';
import { unpackColumn } from './words.ts';

/** Rows of a block: more would amortize the tables' way through the caches better, but their sums would fill the second level. */
export const BLOCK_ROWS = 512;
/** So few rows read too little of a table for it to be worth reading whole, if caches keep the tables. */
const SCATTERED_ROWS = 32;
/** Tables that one process may hope to find in the last cache, of which a shared machine leaves it a part. */
const CACHED_BYTES = 4 * 1024 * 1024;
/** Int32s of a cache line. */
const LINE = 16;

/** A function that explains rows `from` to `from + count` (at most BLOCK_ROWS); `out` holds zeros there. */
export function createBlock(
  program: Program,
  width: number,
): (rows: Float32Array, from: number, count: number, out: Float64Array) => void {
  const {
    decisions,
    columns,
    groups,
    groupDecisions,
    groupColumns,
    columnStart,
    commonIndex,
    tableStart,
    table,
    unit,
  } = program;
  const decide = createDecide(decisions, width);
  const words = new Int32Array(((decisions.count + 1) * BLOCK_ROWS) / 32);
  const indexWords = new Int32Array(BLOCK_ROWS / 4);
  const index = new Uint8Array(indexWords.buffer);
  const sums = new BigInt64Array(columns.length * BLOCK_ROWS);
  const halves = new Int32Array(sums.buffer);
  const tableHalves = new Int32Array(table.buffer);
  const kept = new Int32Array(1);
  /** A sum for each input and row; after the last input, room for what no input has. */
  const inputSums = new Int32Array((width + 1) * BLOCK_ROWS);

  /**
   * Reads each cache line of a group's table in order, which the processor foresees, before rows read entries out of order; what it
   * keeps of them only keeps the reads from being optimized away.
   */
  function fetchTable(g: number): void {
    const end = 2 * tableStart[g + 1]!;
    let all = 0;
    for (let half = 2 * tableStart[g]!; half < end; half += LINE) all ^= tableHalves[half]!;
    kept[0]! ^= all;
  }

  function addGroups(count: number, stride: number): void {
    const inOrder = count > SCATTERED_ROWS || table.byteLength > CACHED_BYTES;
    words.fill(0, decisions.count * (stride / 32), (decisions.count + 1) * (stride / 32));
    halves.fill(0, 0, 2 * columns.length * stride);
    for (let g = 0; g < groups; g++) {
      transpose(words, stride / 32, groupDecisions, g * MAX_DECISIONS, commonIndex[g]!, indexWords);
      if (inOrder) fetchTable(g);
      ADD[program.width[g]! - 1]!(table, tableStart[g]!, index, count, sums, stride, groupColumns, columnStart[g]!);
    }
  }

  function unpack(count: number, stride: number): void {
    inputSums.fill(0);
    for (let column = 0; column < columns.length; column++) {
      const [first, second] = columns[column]!;
      const to = second < 0 ? width : second;
      unpackColumn(halves, column * stride, count, inputSums, first * BLOCK_ROWS, to * BLOCK_ROWS);
    }
  }

  return (rows, from, count, out) => {
    const stride = (count + 31) & ~31;
    decide(rows, from, count, words);
    addGroups(count, stride);
    unpack(count, stride);
    for (const input of decisions.inputs) {
      const at = from * width + input;
      const sum = input * BLOCK_ROWS;
      for (let row = 0; row < count; row++) out[at + row * width] = inputSums[sum + row]! * unit;
    }
  };
}

/** Step 1: word w of decision d becomes `words[d * stride + w]`, `stride` being the number of words that hold `count` rows. */
function createDecide(
  decisions: Decisions,
  width: number,
): (rows: Float32Array, from: number, count: number, words: Int32Array) => void {
  const { inputs, first, unknownLeft } = decisions;
  const rank = createRanker(decisions);
  /** Rows by the rank of their value; all 0 between calls. */
  const ranked = new Int32Array(decisions.count + 1);

  /** Ranks up to 32 rows; answers those that do not know the input. */
  function rankRows(i: number, rows: Float32Array, start: number, count: number): number {
    let unknown = 0;
    for (let row = 0; row < count; row++) {
      const x = rows[start + row * width]!;
      if (Number.isNaN(x)) unknown |= rowBit(row);
      else ranked[rank(i, x)]! |= rowBit(row);
    }
    return unknown;
  }

  return (rows, from, count, words) => {
    const stride = (count + 31) >>> 5;
    for (let i = 0; i < inputs.length; i++) {
      const end = first[i + 1]!;
      for (let word = 0; word < stride; word++) {
        const start = (from + word * 32) * width + inputs[i]!;
        const unknown = rankRows(i, rows, start, Math.min(32, count - word * 32));
        let left = 0;
        for (let decision = first[i]!; decision < end; decision++) {
          left |= ranked[decision]!;
          ranked[decision] = 0;
          words[decision * stride + word] = left | (unknown & unknownLeft[decision]!);
        }
        ranked[end] = 0;
      }
    }
  };
}
