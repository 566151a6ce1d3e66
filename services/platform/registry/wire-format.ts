/**
 * Whether a payload is written the way its message is declared: every field with its own wire type, every length within what holds
 * it. protobuf-es reads by the declared type and looks at neither (2.17: a string sent as a varint takes its number for a length, a
 * nested message may read beyond its end), so that what another decoder refuses would be accepted here with other content.
 *
 *  - A known field with another wire type is a fault: the producer's schema is not ours. Numbers may be packed or not.
 *  - An unknown field is skipped, whatever it holds (a newer producer), but must be well formed.
 *  - UTF-8 is the decoder's to check.
 *
 * Source: protobuf.dev, "Encoding".
 */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

const WIRE = { varint: 0, fixed64: 1, length: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;
/** Unknown groups within each other at most. */
const MAX_DEPTH = 100;
const MAX_FIELD_NUMBER = 0x1fffffff;

interface Shape {
  readonly name: string;
  readonly wire: number;
  /** Wire type of the numbers where they may be packed. */
  readonly packed: number | null;
  readonly message: Shapes | null;
}
/** By field number. */
type Shapes = Map<number, Shape>;

const known = new Map<DescMessage, Shapes>();

/** @returns what is wrong, by field and never by value; null where nothing is */
export function wireFault(desc: DescMessage, bytes: Uint8Array): string | null {
  try {
    readMessage(shapesOf(desc), { bytes, at: 0 }, bytes.length);
    return null;
  } catch (cause) {
    if (cause instanceof Malformed) return cause.message;
    throw cause;
  }
}

class Malformed extends Error {}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readMessage(shapes: Shapes, reader: Reader, end: number): void {
  while (reader.at < end) {
    const tag = readTag(reader, end);
    const shape = shapes.get(tag >>> 3);
    if (shape === undefined) skip(reader, end, tag, 0);
    else readField(shape, tag & 7, reader, end);
  }
}

function readField(shape: Shape, wire: number, reader: Reader, end: number): void {
  if (wire === WIRE.length && shape.packed !== null) {
    readPacked(shape, reader, lengthEnd(reader, end));
    return;
  }
  if (wire !== shape.wire) throw new Malformed(`${shape.name} has wire type ${wire}, not ${shape.wire}`);
  if (shape.message !== null) readMessage(shape.message, reader, lengthEnd(reader, end));
  else skipValue(reader, end, wire);
}

function readPacked({ name, packed }: Shape, reader: Reader, end: number): void {
  if (packed === WIRE.varint) {
    while (reader.at < end) skipVarint(reader, end);
    return;
  }
  if ((end - reader.at) % (packed === WIRE.fixed64 ? 8 : 4) !== 0) throw new Malformed(`${name} ends within a number`);
  reader.at = end;
}

/** Field number and wire type, as they come: at most 32 bits, and no field 0. */
function readTag(reader: Reader, end: number): number {
  const first = reader.bytes[reader.at]!;
  if (first >= 8 && first < 0x80) {
    reader.at++;
    return first;
  }
  const tag = readUint(reader, end);
  if (tag >>> 3 === 0 || tag >>> 3 > MAX_FIELD_NUMBER) throw new Malformed('a field has no number');
  return tag;
}

function skip(reader: Reader, end: number, tag: number, depth: number): void {
  const wire = tag & 7;
  if (wire === WIRE.groupStart) skipGroup(reader, end, tag >>> 3, depth);
  else skipValue(reader, end, wire);
}

function skipGroup(reader: Reader, end: number, number: number, depth: number): void {
  if (depth === MAX_DEPTH) throw new Malformed(`more than ${MAX_DEPTH} groups lie within each other`);
  for (;;) {
    if (reader.at >= end) throw new Malformed('a group does not end');
    const inner = readTag(reader, end);
    if ((inner & 7) !== WIRE.groupEnd) skip(reader, end, inner, depth + 1);
    else if (inner >>> 3 === number) return;
    else throw new Malformed('a group ends with the number of another');
  }
}

function skipValue(reader: Reader, end: number, wire: number): void {
  if (wire === WIRE.varint) skipVarint(reader, end);
  else if (wire === WIRE.length) reader.at = lengthEnd(reader, end);
  else if (wire === WIRE.fixed64) advance(reader, end, 8);
  else if (wire === WIRE.fixed32) advance(reader, end, 4);
  else throw new Malformed(`a field has wire type ${wire}`);
}

function advance(reader: Reader, end: number, bytes: number): void {
  if (reader.at + bytes > end) throw new Malformed('a number is cut off');
  reader.at += bytes;
}

function lengthEnd(reader: Reader, end: number): number {
  const length = readUint(reader, end);
  if (length > end - reader.at) throw new Malformed('a length goes beyond what holds it');
  return reader.at + length;
}

/** A varint of at most 32 bits, as tags and lengths are. */
function readUint(reader: Reader, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (reader.at >= end) throw new Malformed('a varint is cut off');
    const byte = reader.bytes[reader.at++]!;
    if (shift === 28 && byte > 0x0f) break;
    value = (value | ((byte & 0x7f) << shift)) >>> 0;
    if (byte < 0x80) return value;
  }
  throw new Malformed('a tag or a length has more than 32 bits');
}

/** At most ten bytes, of which the tenth holds one bit. */
function skipVarint(reader: Reader, end: number): void {
  for (let n = 1; n <= 10; n++) {
    if (reader.at >= end) throw new Malformed('a varint is cut off');
    const byte = reader.bytes[reader.at++]!;
    if (byte < 0x80 && (n < 10 || byte <= 1)) return;
  }
  throw new Malformed('a varint has more than 64 bits');
}

function shapesOf(desc: DescMessage): Shapes {
  const made = known.get(desc);
  if (made !== undefined) return made;
  const shapes: Shapes = new Map();
  // Known before its fields are: a message may hold itself.
  known.set(desc, shapes);
  for (const field of desc.fields) shapes.set(field.number, shapeOf(field));
  return shapes;
}

function shapeOf(field: DescField): Shape {
  const { name } = field;
  if (field.message !== undefined) return { name, wire: WIRE.length, packed: null, message: shapesOf(field.message) };
  const wire = field.fieldKind === 'map' ? WIRE.length : wireOf(field.scalar);
  const isList = field.fieldKind === 'list' && wire !== WIRE.length;
  return { name, wire, packed: isList ? wire : null, message: null };
}

/** @param scalar undefined: an enum */
function wireOf(scalar: ScalarType | undefined): number {
  switch (scalar) {
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WIRE.fixed64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WIRE.fixed32;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WIRE.length;
    default:
      return WIRE.varint;
  }
}
