/**
 * Two int32 to a 64-bit word: second * 2^32 + first. Words are added as they are, for the sum of words is the word of the sums (as
 * long as these fit). The high half alone lacks the borrow of a negative low half, which packing takes and unpacking gives back.
 *
 * Halves are written and read through an Int32Array over the same memory, low half first: little-endian, as all machines that
 * Node supports but s390x.
 */
import type { Column } from './columns.ts';
import type { Group } from './groups.ts';

/** Rounds a group's entries to `unit` and writes them, one word a column, from word `start` of `table`. */
export function packWords(
  group: Group,
  columns: readonly Column[],
  entries: Float64Array,
  unit: number,
  table: BigInt64Array,
  start: number,
): void {
  const halves = new Int32Array(table.buffer);
  const width = group.inputs.length;
  for (const [i, [first, second]] of columns.entries()) {
    const low = group.inputs.indexOf(first);
    const high = group.inputs.indexOf(second);
    for (let index = 0; index < 1 << group.decisions.length; index++) {
      const at = 2 * (start + (index ^ group.commonIndex) * columns.length + i);
      const a = Math.round(entries[index * width + low]! / unit);
      const b = high < 0 ? 0 : Math.round(entries[index * width + high]! / unit);
      halves[at] = a;
      halves[at + 1] = a < 0 ? b - 1 : b;
    }
  }
}

/** Adds `count` words of a column, from `start`, to its two inputs' sums, which begin at `first` and `second`. */
export function unpackColumn(
  halves: Int32Array,
  start: number,
  count: number,
  sums: Int32Array,
  first: number,
  second: number,
): void {
  for (let row = 0; row < count; row++) {
    const at = (2 * (start + row)) | 0;
    const a = halves[at]!;
    sums[(first + row) | 0]! += a;
    sums[(second + row) | 0]! += (halves[(at + 1) | 0]! + (a >>> 31)) | 0;
  }
}
