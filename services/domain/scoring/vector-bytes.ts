/**
 * A vector as bytes: float64, little endian, in the order of the catalogue, every NaN as the one quiet NaN 0x7ff8000000000000.
 * What a vector's SHA-256 is taken over, and how vectors and contributions are stored (I6).
 */

const WIDTH = 8;

/** The bytes of a vector. */
export function vectorToBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * WIDTH);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) view.setUint32(i * WIDTH + 4, 0x7ff80000, true);
    else view.setFloat64(i * WIDTH, value, true);
  }
  return bytes;
}

/** The vector of these bytes. Throws a RangeError if they are no whole number of values. */
export function vectorFromBytes(bytes: Uint8Array): Float64Array {
  if (bytes.length % WIDTH !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of float64`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / WIDTH }, (_, i) => view.getFloat64(i * WIDTH, true));
}
