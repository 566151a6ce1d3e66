/**
 * The kernel for a row alone: a byte for every distinct decision, from these the place of each group's entry, then the entries. What it
 * waits for is memory, an entry or two cache lines a group; so the lines of some groups at a time are read first, where misses overlap.
 */
import { ADD_ONE } from './add-one.ts';
import type { Program } from './compile.ts';
import { createRanker } from './decisions.ts';
import { MAX_DECISIONS } from './groups.ts';

/** Groups whose entries are read ahead, a multiple of four: their lines fit into a first-level cache. */
const AHEAD = 256;

/** A function that explains row `row` of a row-major block of `inputs` inputs into `out`, which holds zeros there. */
export function createOneRow(
  program: Program,
  inputs: number,
): (rows: Float32Array, row: number, out: Float64Array) => void {
  const { decisions, columns, groupColumns, columnStart, table, unit } = program;
  const left = new Uint8Array(decisions.count + 1);
  const decide = createDecide(program, left);
  const records = recordsOf(program);
  const place = new Int32Array(AHEAD);
  const tableHalves = new Int32Array(table.buffer);
  const kept = new Int32Array(1);
  const sums = new BigInt64Array(columns.length);
  const halves = new Int32Array(sums.buffer);
  const runs = runsOf(program.width);

  function addGroups(): void {
    halves.fill(0);
    for (const { words, first, end } of runs) {
      const add = ADD_ONE[words - 1]!;
      for (let from = first; from < end; from += AHEAD) {
        const count = Math.min(end - from, AHEAD);
        kept[0]! ^= fetchEntries(records, from, count, words, left, place, tableHalves);
        add(table, place, count, sums, groupColumns, columnStart[from]!);
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

/** What fetchEntries needs of a group, side by side: its decisions, its common index, and the low and high half of where its table is. */
const RECORD = MAX_DECISIONS + 3;

function recordsOf({ groups, groupDecisions, commonIndex, tableStart }: Program): Uint16Array {
  const records = new Uint16Array(groups * RECORD);
  for (let g = 0; g < groups; g++) {
    const at = g * RECORD;
    records.set(groupDecisions.subarray(g * MAX_DECISIONS, (g + 1) * MAX_DECISIONS), at);
    records[at + MAX_DECISIONS] = commonIndex[g]!;
    records[at + MAX_DECISIONS + 1] = tableStart[g]!;
    records[at + MAX_DECISIONS + 2] = tableStart[g]! >>> 16;
  }
  return records;
}

/**
 * Writes where in the table the entries of `count` groups of `words` words are, from group `from` on, then reads the first and the
 * last half of each: what it answers only keeps the reads from being optimized away.
 *
 * The fewer instructions between two reads, the more misses are under way together. So this is one function and takes all as
 * arguments (what V8 inlines into a loop around it tests every array anew in each turn), and the reads come by fours: the last
 * ones may be of places found before, which are as good as any.
 */
function fetchEntries(
  records: Uint16Array,
  from: number,
  count: number,
  words: number,
  left: Uint8Array,
  place: Int32Array,
  tableHalves: Int32Array,
): number {
  for (let i = 0, r = from * RECORD; i < count; i++, r = (r + RECORD) | 0) {
    const index =
      left[records[r]!]! ^
      (left[records[(r + 1) | 0]!]! << 1) ^
      (left[records[(r + 2) | 0]!]! << 2) ^
      (left[records[(r + 3) | 0]!]! << 3) ^
      (left[records[(r + 4) | 0]!]! << 4) ^
      (left[records[(r + 5) | 0]!]! << 5) ^
      (left[records[(r + 6) | 0]!]! << 6) ^
      (left[records[(r + 7) | 0]!]! << 7) ^
      records[(r + 8) | 0]!;
    const start = records[(r + 9) | 0]! | (records[(r + 10) | 0]! << 16);
    place[i] = (start + Math.imul(index, words)) | 0;
  }
  const last = (2 * words - 1) | 0;
  let all = 0;
  for (let i = 0; i < count; i += 4) {
    const a = place[i]! << 1;
    const b = place[(i + 1) | 0]! << 1;
    const c = place[(i + 2) | 0]! << 1;
    const d = place[(i + 3) | 0]! << 1;
    all ^= tableHalves[a]! ^ tableHalves[(a + last) | 0]!;
    all ^= tableHalves[b]! ^ tableHalves[(b + last) | 0]!;
    all ^= tableHalves[c]! ^ tableHalves[(c + last) | 0]!;
    all ^= tableHalves[d]! ^ tableHalves[(d + last) | 0]!;
  }
  return all;
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
