import { bytesOfNames } from './names.ts';
import { isStride } from './records.ts';
import { type CustomerWindow, emptyWindow } from './window.ts';

/**
 * A window as bytes, for the store, and back. Decoding gives a window that answers with the same bits. Layout: the format's
 * number, then fields in a fixed order; numbers are little-endian, strings are UTF-16 units behind their count. Records are
 * the window's own bytes, so that a snapshot is read on machines of little-endian order (all that Node runs on). The last four
 * bytes are an FNV-1a sum of all others: a damaged snapshot must not become a score.
 */
const FORMAT = 3;
const SUM_BYTES = 4;
/** Of a buffer and its view, and of a window's objects. */
const BUFFER_HEADERS = 192;
const OBJECTS = 360;

/** Bytes of a window in memory, by its parts: buffers and lists with their headers, as V8 lays them out. */
export function windowBytes(window: CustomerWindow): number {
  const { records, fold, names, reversals, waiting } = window;
  const folded = fold.rows === 0 ? 0 : BUFFER_HEADERS + fold.state.byteLength;
  const undone = 8 * reversals.length + waiting.reduce((sum, { transactionId }) => sum + 56 + transactionId.length, 0);
  return OBJECTS + BUFFER_HEADERS + records.words.byteLength + folded + bytesOfNames(names) + undone;
}

export function encodeWindow(window: CustomerWindow): Uint8Array {
  const { names, fold, records } = window;
  const writer = createWriter();
  writer.numbers([FORMAT]);
  writer.strings([window.currency]);
  writer.numbers([window.position, fold.boundaryDay, fold.rows, fold.validFromMs]);
  writer.numbers(fold.state);
  writer.strings([names.parties, names.obligations, ...names.accounts]);
  writer.numbers(names.contexts);
  writer.numbers(window.reversals);
  writer.strings(window.waiting.map((reversal) => reversal.transactionId));
  writer.numbers(window.waiting.map((reversal) => reversal.occurredMs));
  writer.numbers([records.stride]);
  const bytes = writer.finish(new Uint8Array(records.words.buffer, 0, 4 * records.stride * records.count), SUM_BYTES);
  new DataView(bytes.buffer).setUint32(bytes.length - SUM_BYTES, sumOf(bytes), true);
  return bytes;
}

/** Over all bytes but the last four. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < bytes.length - SUM_BYTES; i++) sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  return sum >>> 0;
}

/** Null: the bytes are of another format or damaged; rebuild from the ledger. */
export function decodeWindow(bytes: Uint8Array): CustomerWindow | null {
  if (bytes.length <= SUM_BYTES) return null;
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - SUM_BYTES, true);
  return stored === sumOf(bytes) ? readWindow(bytes) : null;
}

function readWindow(bytes: Uint8Array): CustomerWindow | null {
  try {
    const reader = createReader(bytes);
    if (reader.numbers()[0] !== FORMAT) return null;
    const window = emptyWindow(reader.strings()[0]!);
    const [position, boundaryDay, rows, validFromMs] = reader.numbers();
    window.position = position!;
    const state = reader.numbers();
    if (rows! > 0) window.fold = { boundaryDay: boundaryDay!, rows: rows!, validFromMs: validFromMs!, state };
    const [parties, obligations, ...accounts] = reader.strings();
    window.names.parties = parties!;
    window.names.obligations = obligations!;
    window.names.accounts = accounts;
    window.names.contexts = [...reader.numbers()];
    window.reversals = [...reader.numbers()];
    const waiting = reader.strings();
    const waitingMs = reader.numbers();
    window.waiting = waiting.map((transactionId, i) => ({ transactionId, occurredMs: waitingMs[i]! }));
    const stride = reader.numbers()[0]!;
    const words = new Uint32Array(reader.rest());
    if (!isStride(stride) || words.length % stride !== 0) return null;
    window.records = { count: words.length / stride, stride, words };
    return window;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

function createWriter() {
  let view = new DataView(new ArrayBuffer(1024));
  let at = 0;
  const room = (bytes: number) => {
    if (at + bytes <= view.byteLength) return;
    const larger = new Uint8Array(Math.max(at + bytes, 2 * view.byteLength));
    larger.set(new Uint8Array(view.buffer, 0, at));
    view = new DataView(larger.buffer);
  };
  const count = (n: number) => {
    room(4);
    view.setUint32(at, n, true);
    at += 4;
  };
  return {
    numbers(values: ArrayLike<number>): void {
      count(values.length);
      room(8 * values.length);
      for (let i = 0; i < values.length; i++, at += 8) view.setFloat64(at, values[i]!, true);
    },
    strings(texts: readonly string[]): void {
      count(texts.length);
      for (const text of texts) {
        count(text.length);
        room(2 * text.length);
        for (let i = 0; i < text.length; i++, at += 2) view.setUint16(at, text.charCodeAt(i), true);
      }
    },
    finish(tail: Uint8Array, spare: number): Uint8Array<ArrayBuffer> {
      const bytes = new Uint8Array(at + tail.length + spare);
      bytes.set(new Uint8Array(view.buffer, 0, at));
      bytes.set(tail, at);
      return bytes;
    },
  };
}

/** Throws RangeError where the bytes end too early. */
function createReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const count = () => {
    const n = view.getUint32(at, true);
    at += 4;
    if (n > bytes.byteLength) throw new RangeError('more items than bytes');
    return n;
  };
  return {
    numbers(): Float64Array {
      const values = new Float64Array(count());
      for (let i = 0; i < values.length; i++, at += 8) values[i] = view.getFloat64(at, true);
      return values;
    },
    strings(): string[] {
      return Array.from({ length: count() }, () => {
        let text = '';
        for (let left = count(); left > 0; left--, at += 2) text += String.fromCharCode(view.getUint16(at, true));
        return text;
      });
    },
    rest(): ArrayBuffer {
      return new Uint8Array(bytes.subarray(at, bytes.length - SUM_BYTES)).buffer;
    },
  };
}
