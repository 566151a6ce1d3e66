/**
 * Adding a group's entries to the sums of many rows: the innermost loop. A function for each number of words, for a loop over the
 * words would cost twice as much; hence the length of the file. `| 0` tells the compiler that no index leaves int32.
 */

/**
 * Adds to `sums[column * stride + row]`, for `count` rows and the group's columns from `columns[at]`, the words of the row's entry
 * in the table that begins at `table[start]`; `index[row]` says which entry.
 */
export type Add = (
  table: BigInt64Array,
  start: number,
  index: Uint8Array,
  count: number,
  sums: BigInt64Array,
  stride: number,
  columns: Uint16Array,
  at: number,
) => void;

const add1: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]!) | 0;
    sums[(a + row) | 0]! += table[entry]!;
  }
};

const add2: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 2) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
  }
};

const add3: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 3) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
  }
};

const add4: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  const d = columns[at + 3]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 4) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
    sums[(d + row) | 0]! += table[(entry + 3) | 0]!;
  }
};

const add5: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  const d = columns[at + 3]! * stride;
  const e = columns[at + 4]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 5) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
    sums[(d + row) | 0]! += table[(entry + 3) | 0]!;
    sums[(e + row) | 0]! += table[(entry + 4) | 0]!;
  }
};

const add6: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  const d = columns[at + 3]! * stride;
  const e = columns[at + 4]! * stride;
  const f = columns[at + 5]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 6) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
    sums[(d + row) | 0]! += table[(entry + 3) | 0]!;
    sums[(e + row) | 0]! += table[(entry + 4) | 0]!;
    sums[(f + row) | 0]! += table[(entry + 5) | 0]!;
  }
};

const add7: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  const d = columns[at + 3]! * stride;
  const e = columns[at + 4]! * stride;
  const f = columns[at + 5]! * stride;
  const g = columns[at + 6]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 7) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
    sums[(d + row) | 0]! += table[(entry + 3) | 0]!;
    sums[(e + row) | 0]! += table[(entry + 4) | 0]!;
    sums[(f + row) | 0]! += table[(entry + 5) | 0]!;
    sums[(g + row) | 0]! += table[(entry + 6) | 0]!;
  }
};

const add8: Add = (table, start, index, count, sums, stride, columns, at) => {
  const a = columns[at]! * stride;
  const b = columns[at + 1]! * stride;
  const c = columns[at + 2]! * stride;
  const d = columns[at + 3]! * stride;
  const e = columns[at + 4]! * stride;
  const f = columns[at + 5]! * stride;
  const g = columns[at + 6]! * stride;
  const h = columns[at + 7]! * stride;
  for (let row = 0; row < count; row++) {
    const entry = (start + index[row]! * 8) | 0;
    sums[(a + row) | 0]! += table[entry]!;
    sums[(b + row) | 0]! += table[(entry + 1) | 0]!;
    sums[(c + row) | 0]! += table[(entry + 2) | 0]!;
    sums[(d + row) | 0]! += table[(entry + 3) | 0]!;
    sums[(e + row) | 0]! += table[(entry + 4) | 0]!;
    sums[(f + row) | 0]! += table[(entry + 5) | 0]!;
    sums[(g + row) | 0]! += table[(entry + 6) | 0]!;
    sums[(h + row) | 0]! += table[(entry + 7) | 0]!;
  }
};

/** By the number of words of an entry, 1 to 8, less 1. */
export const ADD: readonly Add[] = [add1, add2, add3, add4, add5, add6, add7, add8];
