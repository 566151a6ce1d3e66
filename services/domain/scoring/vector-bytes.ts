/**
 * A vector as bytes: float64, little endian, in the order of the catalogue, every NaN as the one quiet NaN 0x7ff8000000000000.
 * What a vector's SHA-256 is taken over, and how vectors and contributions are stored (I6).
 */

const WIDTH = 8;

/** Vectors lie in buffers of so much together: one of its own for each costs more than filling it, and weighs on the collector. */
const SLAB_BYTES = 65_536;
let slab = new DataView(new ArrayBuffer(0));
let used = 0;

/** The bytes of a vector: a view, to be read and not written. */
export function vectorToBytes(values: ArrayLike<number>): Uint8Array {
  const length = values.length * WIDTH;
  if (used + length > slab.byteLength) {
    slab = new DataView(new ArrayBuffer(Math.max(SLAB_BYTES, length)));
    used = 0;
  }
  const begin = used;
  used += length;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // What is not written yet is 0.
    if (Number.isNaN(value)) slab.setUint32(begin + i * WIDTH + 4, 0x7ff80000, true);
    else slab.setFloat64(begin + i * WIDTH, value, true);
  }
  return new Uint8Array(slab.buffer, begin, length);
}

/** The vector of these bytes. Throws a RangeError if they are no whole number of values. */
export function vectorFromBytes(bytes: Uint8Array): Float64Array {
  if (bytes.length % WIDTH !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of float64`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / WIDTH }, (_, i) => view.getFloat64(i * WIDTH, true));
}
