/** Room that grows by doubling and is used again by every observation: the hot path allocates nothing. */

export function roomyFloats(room: Float64Array, needed: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(needed, room.length * 2));
  larger.set(room);
  return larger;
}

export function roomyInts(room: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, room.length * 2));
  larger.set(room);
  return larger;
}

export function roomyBytes(room: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, room.length * 2));
  larger.set(room);
  return larger;
}
