import { viewRecords } from './records.ts';
import { type CustomerWindow, emptyWindow } from './window.ts';

/**
 * A window as bytes, for the store, and back. Decoding gives a window that answers with the same bits. Layout: the format's
 * number, then fields in a fixed order; numbers are little-endian, strings are UTF-16 units behind their count. Records are
 * the window's own bytes, so that a snapshot is read on machines of little-endian order (all that Node runs on). The last four
 * bytes are an FNV-1a sum of all others: a damaged snapshot must not become a score.
 */
const FORMAT = 2;
const SUM_BYTES = 4;

/** Bytes of a window in memory, by its parts: buffers, lists of numbers at 8 each, strings at 2 a unit and 16 of header. */
export function windowBytes(window: CustomerWindow): number {
  const strings = [...window.names.accounts, ...window.names.parties, ...window.names.obligations];
  const numbers = window.names.contexts.length + window.reversals.length + strings.length + 2 * window.waiting.length;
  return (
    window.records.f64.byteLength +
    window.fold.state.byteLength +
    8 * numbers +
    strings.reduce((sum, text) => sum + 16 + text.length, 0) +
    window.waiting.reduce((sum, reversal) => sum + 16 + reversal.transactionId.length, 0)
  );
}

export function encodeWindow(window: CustomerWindow): Uint8Array {
  const { names, fold, records } = window;
  const writer = createWriter();
  writer.numbers([FORMAT]);
  writer.strings([window.currency]);
  writer.numbers([window.position, fold.boundaryDay, fold.rows, fold.validFromMs]);
  writer.numbers(fold.state);
  writer.strings(names.accounts);
  writer.strings(names.parties);
  writer.strings(names.obligations);
  writer.numbers(names.contexts);
  writer.numbers(window.reversals);
  writer.strings(window.waiting.map((reversal) => reversal.transactionId));
  writer.numbers(window.waiting.map((reversal) => reversal.occurredMs));
  const bytes = writer.finish(new Uint8Array(records.f64.buffer, 0, 32 * records.count), SUM_BYTES);
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
    window.fold = { boundaryDay: boundaryDay!, rows: rows!, validFromMs: validFromMs!, state: reader.numbers() };
    window.names.accounts.push(...reader.strings());
    window.names.parties = reader.strings();
    window.names.obligations.splice(0, 1, ...reader.strings());
    window.names.contexts.push(...reader.numbers());
    window.reversals = [...reader.numbers()];
    const waiting = reader.strings();
    const waitingMs = reader.numbers();
    window.waiting = waiting.map((transactionId, i) => ({ transactionId, occurredMs: waitingMs[i]! }));
    const rest = reader.rest();
    if (rest.byteLength % 32 !== 0) return null;
    window.records = viewRecords(rest, rest.byteLength / 32);
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
