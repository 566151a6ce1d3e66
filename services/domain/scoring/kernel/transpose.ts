/**
 * From decisions to indexes. Eight decisions' words, of 32 rows each, are eight rows of an 8 x 8 bit matrix in each of the four byte
 * lanes; transposing the matrices (Warren, Hacker's Delight, section 7-3) gives the 32 rows' bytes, in some three instructions a
 * row. The function is long because it is one: three rounds of swaps, written out.
 *
 * Row r of a word has the bit {@link rowBit}, so that the bytes lie in the order of rows: little-endian, see words.ts.
 */

/** The bit of row 0 to 31 in a decision's word. */
export function rowBit(row: number): number {
  return 1 << (8 * (row & 3) + (row >>> 2));
}

/**
 * Writes the index bytes, each `^ common`, of `stride` words of 32 rows for the group whose decisions begin at `groupDecisions[at]`;
 * word w of decision d is `words[d * stride + w]`.
 */
export function transpose(
  words: Int32Array,
  stride: number,
  groupDecisions: Uint16Array,
  at: number,
  common: number,
  index: Int32Array,
): void {
  const d0 = groupDecisions[at]! * stride;
  const d1 = groupDecisions[at + 1]! * stride;
  const d2 = groupDecisions[at + 2]! * stride;
  const d3 = groupDecisions[at + 3]! * stride;
  const d4 = groupDecisions[at + 4]! * stride;
  const d5 = groupDecisions[at + 5]! * stride;
  const d6 = groupDecisions[at + 6]! * stride;
  const d7 = groupDecisions[at + 7]! * stride;
  const flip = Math.imul(common, 0x01010101);
  for (let word = 0; word < stride; word++) {
    let a = words[d0 + word]!;
    let b = words[d1 + word]!;
    let c = words[d2 + word]!;
    let d = words[d3 + word]!;
    let e = words[d4 + word]!;
    let f = words[d5 + word]!;
    let g = words[d6 + word]!;
    let h = words[d7 + word]!;
    let t = ((a >>> 4) ^ e) & 0x0f0f0f0f;
    e ^= t;
    a ^= t << 4;
    t = ((b >>> 4) ^ f) & 0x0f0f0f0f;
    f ^= t;
    b ^= t << 4;
    t = ((c >>> 4) ^ g) & 0x0f0f0f0f;
    g ^= t;
    c ^= t << 4;
    t = ((d >>> 4) ^ h) & 0x0f0f0f0f;
    h ^= t;
    d ^= t << 4;
    t = ((a >>> 2) ^ c) & 0x33333333;
    c ^= t;
    a ^= t << 2;
    t = ((b >>> 2) ^ d) & 0x33333333;
    d ^= t;
    b ^= t << 2;
    t = ((e >>> 2) ^ g) & 0x33333333;
    g ^= t;
    e ^= t << 2;
    t = ((f >>> 2) ^ h) & 0x33333333;
    h ^= t;
    f ^= t << 2;
    t = ((a >>> 1) ^ b) & 0x55555555;
    const to = word * 8;
    index[to] = a ^ (t << 1) ^ flip;
    index[to + 1] = b ^ t ^ flip;
    t = ((c >>> 1) ^ d) & 0x55555555;
    index[to + 2] = c ^ (t << 1) ^ flip;
    index[to + 3] = d ^ t ^ flip;
    t = ((e >>> 1) ^ f) & 0x55555555;
    index[to + 4] = e ^ (t << 1) ^ flip;
    index[to + 5] = f ^ t ^ flip;
    t = ((g >>> 1) ^ h) & 0x55555555;
    index[to + 6] = g ^ (t << 1) ^ flip;
    index[to + 7] = h ^ t ^ flip;
  }
}
