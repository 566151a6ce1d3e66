/**
 * Adding many groups' entries to the sums of one row: as add.ts, and long for the same reason, but the loop runs over groups.
 */
/**
 * For `count` groups, all of so many words: adds the words at `table[place[i]]` to the sums of the group's columns, those of the
 * first group from `columns[at]`.
 */
export type AddOne = (
  table: BigInt64Array,
  place: Int32Array,
  count: number,
  sums: BigInt64Array,
  columns: Uint16Array,
  at: number,
) => void;

const add1: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 1) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
  }
};

const add2: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 2) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
  }
};

const add3: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 3) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
  }
};

const add4: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 4) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(c + 3) | 0]!]! += table[(entry + 3) | 0]!;
  }
};

const add5: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 5) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(c + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(c + 4) | 0]!]! += table[(entry + 4) | 0]!;
  }
};

const add6: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 6) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(c + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(c + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(c + 5) | 0]!]! += table[(entry + 5) | 0]!;
  }
};

const add7: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 7) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(c + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(c + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(c + 5) | 0]!]! += table[(entry + 5) | 0]!;
    sums[columns[(c + 6) | 0]!]! += table[(entry + 6) | 0]!;
  }
};

const add8: AddOne = (table, place, count, sums, columns, at) => {
  for (let i = 0, c = at; i < count; i++, c = (c + 8) | 0) {
    const entry = place[i]!;
    sums[columns[c]!]! += table[entry]!;
    sums[columns[(c + 1) | 0]!]! += table[(entry + 1) | 0]!;
    sums[columns[(c + 2) | 0]!]! += table[(entry + 2) | 0]!;
    sums[columns[(c + 3) | 0]!]! += table[(entry + 3) | 0]!;
    sums[columns[(c + 4) | 0]!]! += table[(entry + 4) | 0]!;
    sums[columns[(c + 5) | 0]!]! += table[(entry + 5) | 0]!;
    sums[columns[(c + 6) | 0]!]! += table[(entry + 6) | 0]!;
    sums[columns[(c + 7) | 0]!]! += table[(entry + 7) | 0]!;
  }
};

/** By the number of words of an entry, 1 to 8, less 1. */
export const ADD_ONE: readonly AddOne[] = [add1, add2, add3, add4, add5, add6, add7, add8];
