import { describe, expect, it } from 'vitest';
import { vectorFromBytes, vectorToBytes } from './vector-bytes.ts';

describe('a vector as bytes', () => {
  it('is float64, little endian, in order', () => {
    const bytes = vectorToBytes([1, -2]);
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0]);
  });

  it('has one bit pattern for NaN, whatever lay there', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer);
    const quiet = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    for (let i = 0; i < 20_000; i++) expect([...vectorToBytes(odd)]).toEqual(quiet);
  });

  it('stays as it is while others are made, small and large', () => {
    const made = Array.from({ length: 400 }, (_, i) => ({ i, bytes: vectorToBytes(new Float64Array(50).fill(i)) }));
    const large = vectorToBytes(new Float64Array(20_000).fill(7));
    for (const { i, bytes } of made) expect(vectorFromBytes(bytes)).toEqual(new Float64Array(50).fill(i));
    expect(vectorFromBytes(large)).toEqual(new Float64Array(20_000).fill(7));
  });

  it('is refused where it is no whole number of values', () => {
    expect(() => vectorFromBytes(new Uint8Array(9))).toThrow(RangeError);
  });
});
