import { describe, expect, it } from 'vitest';
import type { IncomingRecord } from './port.ts';
import { bytesOf, createRecordQueue } from './record-queue.ts';

function record(offset: number, valueBytes = 10): IncomingRecord {
  const value = new Uint8Array(valueBytes);
  return { topic: 't', partition: 0, offset: BigInt(offset), appendMs: offset, key: null, value, headers: {} };
}

const records = (from: number, count: number) => Array.from({ length: count }, (_, n) => record(from + n));
const offsets = (taken: readonly IncomingRecord[]) => taken.map(({ offset }) => Number(offset));

describe('a record queue', () => {
  it('hands records out in the order in which they came', () => {
    const queue = createRecordQueue(100, 1e6);
    queue.push(records(0, 5));
    queue.push(records(5, 5));
    expect(offsets(queue.take(3, 1e6))).toEqual([0, 1, 2]);
    queue.push(records(10, 2));
    expect(offsets(queue.take(100, 1e6))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(queue.length).toBe(0);
  });

  it('is full from its bound on, and no longer once less than half is used', () => {
    const queue = createRecordQueue(10, 1e6);
    queue.push(records(0, 10));
    expect(queue.full).toBe(true);
    queue.take(5, 1e6);
    expect(queue.full).toBe(true);
    queue.take(1, 1e6);
    expect(queue.full).toBe(false);
  });

  it('is full by bytes although few records wait', () => {
    const queue = createRecordQueue(1_000, 5_000);
    queue.push([record(0, 6_000)]);
    expect(queue.full).toBe(true);
  });

  it('takes no more bytes than asked, but always at least one record', () => {
    const queue = createRecordQueue(100, 1e6);
    queue.push([record(0, 900), record(1, 10), record(2, 10)]);
    const small = bytesOf(record(1, 10));
    expect(offsets(queue.take(10, 2 * small))).toEqual([0]);
    expect(offsets(queue.take(10, small))).toEqual([1]);
    expect(offsets(queue.take(10, small))).toEqual([2]);
  });
});
