/**
 * Confluent's wire format for Protobuf: magic byte 0, schema id (int32, big endian), message indexes (zigzag varints: count, then
 * the path to the message in its file; count 0 stands for [0]), payload. Every length is checked before it is used.
 *
 * Source: Confluent documentation, "Wire format" of the Schema Registry serializers.
 */

export const MAGIC_BYTE = 0;
const ID_AT = 1;
const INDEXES_AT = 5;
/** Protobuf allows deeper nesting than any file has; a longer path is garbage. */
const MAX_INDEXES = 64;

/** Path to a message in its file: [0] is the first message, [2, 1] the second one nested in the third. */
export type MessageIndexes = readonly number[];

export type Frame =
  | {
      readonly kind: 'frame';
      readonly schemaId: number;
      readonly indexes: MessageIndexes;
      /** A view of the input. */
      readonly payload: Uint8Array;
    }
  /** `detail` says which part, without the value. */
  | { readonly kind: 'malformed'; readonly detail: string };

/** The bytes before the payload. */
export function encodeHeader(schemaId: number, indexes: MessageIndexes): Uint8Array {
  if (!Number.isInteger(schemaId) || schemaId < 0 || schemaId > 0x7fffffff) {
    throw new RangeError(`schema id ${schemaId} is not an int32 from 0`);
  }
  const path = indexes.length === 1 && indexes[0] === 0 ? [0] : [indexes.length, ...indexes].flatMap(zigzagVarint);
  const header = new Uint8Array(INDEXES_AT + path.length);
  new DataView(header.buffer).setInt32(ID_AT, schemaId);
  header.set(path, INDEXES_AT);
  return header;
}

/** Header and payload in one array. */
export function frame(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(payload, header.length);
  return bytes;
}

export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < INDEXES_AT + 1) return malformed(`${bytes.length} bytes are too short for a frame`);
  if (bytes[0] !== MAGIC_BYTE) return malformed('the first byte is not the magic byte 0');
  const schemaId = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(ID_AT);
  const reader = { bytes, at: INDEXES_AT };
  const indexes = readIndexes(reader);
  if (typeof indexes === 'string') return malformed(indexes);
  return { kind: 'frame', schemaId, indexes, payload: bytes.subarray(reader.at) };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** @returns the path, or what is wrong with it */
function readIndexes(reader: Reader): MessageIndexes | string {
  const count = readZigzag(reader);
  if (count === null) return 'the count of message indexes is cut off or too large';
  if (count === 0) return [0];
  if (count < 0 || count > MAX_INDEXES) return 'the count of message indexes is out of bounds';
  const indexes: number[] = [];
  for (let n = 0; n < count; n++) {
    const index = readZigzag(reader);
    if (index === null) return 'the message indexes are cut off or too large';
    if (index < 0) return 'a message index is negative';
    indexes.push(index);
  }
  return indexes;
}

/** A zigzag varint of at most five bytes and 32 bits, or null. */
function readZigzag(reader: Reader): number | null {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return null;
    // The fifth byte holds the upper four of 32 bits and ends the number.
    if (shift === 28 && byte > 0x0f) return null;
    value = (value | ((byte & 0x7f) << shift)) >>> 0;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
  return null;
}

function zigzagVarint(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

function malformed(detail: string): Frame {
  return { kind: 'malformed', detail };
}
