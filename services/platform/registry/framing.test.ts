import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeHeader, frame } from './framing.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('the header', () => {
  it('of the first message is the magic byte, the id and one zero', () => {
    expect(encodeHeader(7, [0])).toEqual(bytes(0, 0, 0, 0, 7, 0));
  });

  it('of a nested message is the count and the path in zigzag varints', () => {
    // Confluent's example: path [1, 0] is count 2 (4), 1 (2), 0 (0).
    expect(encodeHeader(0x01020304, [1, 0])).toEqual(bytes(0, 1, 2, 3, 4, 4, 2, 0));
  });

  it('refuses an id that is no int32', () => {
    expect(() => encodeHeader(-1, [0])).toThrow(RangeError);
    expect(() => encodeHeader(2 ** 31, [0])).toThrow(RangeError);
  });
});

describe('decoding', () => {
  it('gives back what was framed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7fffffff }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 6 }),
        fc.uint8Array({ maxLength: 50 }),
        (schemaId, indexes, payload) => {
          const decoded = decodeFrame(frame(encodeHeader(schemaId, indexes), payload));
          expect(decoded).toEqual({ kind: 'frame', schemaId, indexes, payload });
        },
      ),
    );
  });

  it('takes [0] written out, and a view that does not begin at its buffer', () => {
    const whole = bytes(9, 9, 0, 0, 0, 0, 5, 2, 0, 42);
    expect(decodeFrame(whole.subarray(2))).toEqual({ kind: 'frame', schemaId: 5, indexes: [0], payload: bytes(42) });
  });

  it('never throws, and never accepts another magic byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (garbage) => {
        const decoded = decodeFrame(garbage);
        if (garbage[0] !== 0) expect(decoded.kind).toBe('malformed');
      }),
    );
  });

  it('refuses a frame cut anywhere before its payload', () => {
    const header = encodeHeader(300, [1_000, 70, 3]);
    for (let length = 0; length < header.length; length++) {
      expect(decodeFrame(header.subarray(0, length)).kind).toBe('malformed');
    }
    expect(decodeFrame(header).kind).toBe('frame');
  });

  it.each([
    ['a negative count', bytes(0, 0, 0, 0, 1, 1)],
    ['a negative index', bytes(0, 0, 0, 0, 1, 2, 1)],
    ['more indexes than any file nests', bytes(0, 0, 0, 0, 1, 0xff, 0x7f)],
    ['a varint over 32 bits', bytes(0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a varint without an end', bytes(0, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80)],
  ])('refuses %s', (_, garbage) => {
    expect(decodeFrame(garbage).kind).toBe('malformed');
  });
});
