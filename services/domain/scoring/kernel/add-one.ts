/**
 * Adding many groups' entries to the sums of one row: as add.ts, and long for the same reason, but the loop runs over groups.
 */
import { MAX_DECISIONS } from './groups.ts';

/**
 * For groups `from` to `to`, all of so many words: adds the words at `table[place[group]]` to the sums of the group's columns.
 */
export type AddOne = (
  table: BigInt64Array,
  place: Int32Array,
  from: number,
  to: number,
  sums: BigInt64Array,
  columns: Int32Array,
) => void;

const add1: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
  }
};

const add2: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
  }
};

const add3: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
  }
};

const add4: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(at + 3) | 0]!]! += table[(entry + 3) | 0]!;
  }
};

const add5: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(at + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(at + 4) | 0]!]! += table[(entry + 4) | 0]!;
  }
};

const add6: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(at + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(at + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(at + 5) | 0]!]! += table[(entry + 5) | 0]!;
  }
};

const add7: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(at + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(at + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(at + 5) | 0]!]! += table[(entry + 5) | 0]!;
    sums[columns[(at + 6) | 0]!]! += table[(entry + 6) | 0]!;
  }
};

const add8: AddOne = (table, place, from, to, sums, columns) => {
  for (let group = from, at = from * MAX_DECISIONS; group < to; group++, at += MAX_DECISIONS) {
    const entry = place[group]!;
    sums[columns[at]!]! += table[entry]!;
    sums[columns[(at + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(at + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(at + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(at + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(at + 5) | 0]!]! += table[(entry + 5) | 0]!;
    sums[columns[(at + 6) | 0]!]! += table[(entry + 6) | 0]!;
    sums[columns[(at + 7) | 0]!]! += table[(entry + 7) | 0]!;
  }
};

/** By the number of words of an entry, 1 to 8, less 1. */
export const ADD_ONE: readonly AddOne[] = [add1, add2, add3, add4, add5, add6, add7, add8];
